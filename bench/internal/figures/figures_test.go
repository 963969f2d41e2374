// SPDX-License-Identifier: Apache-2.0

package figures

import "testing"

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample []float64
		want   Spread
	}{
		{"empty", nil, Spread{}},
		{"one", []float64{3}, Spread{1, 3, 3, 3}},
		{"unsorted", []float64{4, 1, 3, 2, 5}, Spread{5, 3, 2, 4}},
		{"between values", []float64{1, 2, 3, 4}, Spread{4, 2.5, 1.75, 3.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SpreadOf(c.sample); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	ten := []float64{10, 1, 9, 2, 8, 3, 7, 4, 6, 5}
	for _, c := range []struct {
		name   string
		values []float64
		q      float64
		want   float64
	}{
		{"nothing", nil, 0.5, 0},
		{"one", []float64{3}, 0.99, 3},
		{"half of ten", ten, 0.5, 5},
		{"ninety percent of ten", ten, 0.9, 9},
		{"just above ninety percent", ten, 0.91, 10},
		{"least", ten, 0, 1},
		{"most", ten, 1, 10},
	} {
		if got := Quantile(c.values, c.q); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if ten[0] != 10 {
		t.Error("the values were sorted in place")
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{5}, 5}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 9}, 3}} {
		if got := Median(c.values); got != c.want {
			t.Errorf("of %v: %v, want %v", c.values, got, c.want)
		}
	}
}
