// SPDX-License-Identifier: Apache-2.0

package lineplot

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

var example = Picture{Title: `Cost < "all" & more`, Panels: []Panel{
	{Title: "Latency", X: "pods", Y: "ms", Curves: []Curve{
		{Name: "raw", Points: []Point{{1000, 20}, {1, 2}, {0, 5}, {10, -1}}},
		{Name: "recorded", Points: []Point{{1, 3}, {5000, 40}}},
	}},
	{Title: "Empty", X: "pods", Y: "MiB"},
}}

// A picture that is not well-formed XML is not shown at all.
func TestSVGIsXML(t *testing.T) {
	d := xml.NewDecoder(strings.NewReader(example.SVG()))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the picture does not parse: %v", err)
		}
	}
}

func TestSVGDrawsEveryPointThatHasAPlace(t *testing.T) {
	svg := example.SVG()
	if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Errorf("there are coordinates that are not numbers:\n%s", svg)
	}
	// Two of four points, and the mark of the legend.
	if got := strings.Count(svg, "<circle"); got != 3 {
		t.Errorf("%d discs, want 3", got)
	}
	for _, want := range []string{"recorded", "prefers-color-scheme:dark", "1,000"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

// Ten times as much is the same distance everywhere, and more is further up.
func TestAxisIsLogarithmic(t *testing.T) {
	a := newAxis([]float64{2, 5000}, 0, 100)
	if first, second := a.place(10)-a.place(1), a.place(1000)-a.place(100); math.Abs(first-second) > 1e-9 || first <= 0 {
		t.Errorf("from 1 to 10 it is %v, from 100 to 1000 %v", first, second)
	}
	if got := a.place(5000); math.Abs(got-100) > 1e-9 {
		t.Errorf("the highest value is at %v, want 100", got)
	}
	if got := len(a.ticks()); got != 4 {
		t.Errorf("%d ticks, want 1, 10, 100 and 1000", got)
	}
}
