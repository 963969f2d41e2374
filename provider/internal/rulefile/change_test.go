// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

func putting(name string, isNew bool) Change {
	c := Change{Op: Put, Entry: entry(name)}
	if isNew {
		c.Op = Create
	}
	return c
}

func rewriting(name, query string) Change {
	c := putting(name, false)
	c.Rule.MetricsQuery = query
	return c
}

func removing(name string) Change { return Change{Op: Delete, Entry: Entry{Name: name}} }

// Single changes, and the resulting text.
func create(text string, e Entry) (string, error) { return Change{Op: Create, Entry: e}.apply(text) }
func put(text string, e Entry) (string, error)    { return Change{Op: Put, Entry: e}.apply(text) }
func remove(text, name string) (string, error)    { return removing(name).apply(text) }

func adopt(text, name string, place Selector) (string, error) {
	f, err := Parse(text)
	if err != nil {
		return "", err
	}
	return f.adopt(name, place)
}

func get(text, name string) (Entry, error) {
	f, err := Parse(text)
	if err != nil {
		return Entry{}, err
	}
	return f.Get(name)
}

// oneByOne returns what onePass must return.
func oneByOne(text string, changes []Change) (string, error) {
	for _, c := range changes {
		var err error
		if text, err = c.apply(text); err != nil {
			return "", err
		}
	}
	return text, nil
}

// Changes are independent: one that fails changes nothing, and does not keep the others from being made.
func TestApply(t *testing.T) {
	text := "rules:\n" + oursA
	for name, tt := range map[string]struct {
		changes []Change
		want    string
		changed []bool
		fails   int // -1: none
	}{
		"none":                  {nil, text, nil, -1},
		"one that is there":     {[]Change{putting("a", false)}, text, []bool{false}, -1},
		"one that is gone":      {[]Change{removing("b"), putting("b", true)}, text + oursB, []bool{false, true}, -1},
		"one among three fails": {[]Change{putting("b", true), putting("a", true), removing("b")}, text, []bool{true, false, true}, 1},
		"adopted and rewritten": {
			[]Change{{Op: Put, Entry: entry("b"), Adopt: &Adoption{Place: Selector{Kind: rule.KindCustom, Index: 1}, Was: rule.Rule{SeriesQuery: "x"}}}},
			text + oursB, []bool{true}, -1,
		},
		"adopted and deleted": {
			[]Change{{Op: Delete, Entry: Entry{Name: "b"}, Adopt: &Adoption{Place: Selector{Kind: rule.KindCustom, Index: 1}, Was: rule.Rule{SeriesQuery: "x"}}}},
			text, []bool{true}, -1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := text
			if strings.HasPrefix(name, "adopted") {
				text += "- seriesQuery: x\n"
			}
			got, results := Apply(text, tt.changes)
			if got != tt.want || len(results) != len(tt.changed) {
				t.Fatalf("got %q, %v, want %q", got, results, tt.want)
			}
			for i, r := range results {
				if r.Changed != tt.changed[i] || errors.Is(r.Err, ErrExists) != (i == tt.fails) {
					t.Errorf("change %d gave %+v", i, r)
				}
			}
		})
	}
}

func TestOnePass(t *testing.T) {
	oursC := block("c", "")
	two := "rules:\n- seriesQuery: x # mine\n" + oursA + "# between\n" + oursB + "\n# the others\nexternalRules: []\n"
	external := Change{Op: Put, Entry: Entry{Name: "e", Kind: rule.KindExternal, Rule: entry("e").Rule}}
	tests := map[string]struct {
		text    string
		changes []Change
		want    []string // the names that changed; none: it is not ok
	}{
		"new rules":               {two, []Change{putting("c", true), putting("d", true), putting("e", false)}, []string{"c", "d", "e"}},
		"new rules, no line feed": {strings.TrimSuffix("rules:\n"+oursA, "\n"), []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"new rules, indented":     {"rules:\n    - seriesQuery: x\n", []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"CRLF":                    {"rules:\r\n- seriesQuery: x\r\n", []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"deletions":               {two, []Change{removing("b"), removing("a")}, []string{"a", "b"}},
		"all that is":             {two + "", []Change{removing("a"), putting("c", true), rewriting("b", "1")}, []string{"a", "b", "c"}},
		"the last one goes":       {"rules:\n- seriesQuery: x\n" + oursA, []Change{removing("a"), putting("c", true)}, []string{"a", "c"}},
		"nothing to do for one":   {two, []Change{putting("a", false), rewriting("b", "1")}, []string{"b"}},
		"two lists":               {"externalRules:\n- seriesQuery: y\nrules:\n" + oursA, []Change{putting("c", true), external}, []string{"c", "e"}},

		"one that exists":        {two, []Change{putting("c", true), putting("a", true)}, nil},
		"one that is not there":  {two, []Change{putting("c", true), removing("d")}, nil},
		"one twice":              {two, []Change{putting("c", true), removing("c")}, nil},
		"an empty list":          {"rules: []\n", []Change{putting("c", true), putting("d", true)}, nil},
		"no list":                {"", []Change{putting("c", true), putting("d", true)}, nil},
		"a list in brackets":     {"rules: [{seriesQuery: x}]\n", []Change{putting("c", true), putting("d", true)}, nil},
		"all go":                 {"rules:\n" + oursA + oursC, []Change{removing("a"), removing("c")}, nil},
		"markers without a rule": {"rules:\n" + oursB + "# promadapter_rule a begin\n# promadapter_rule a end\n", []Change{putting("a", false), putting("c", true)}, nil},
		"not YAML":               {"rules: {", []Change{putting("c", true), putting("d", true)}, nil},
		"a name that cannot be":  {two, []Change{putting("c", true), putting("d e", true)}, nil},
		"of the other kind":      {two, []Change{{Op: Put, Entry: Entry{Name: "a", Kind: rule.KindExternal, Rule: entry("a").Rule}}, putting("c", true)}, nil},
		"a place that is none":   {"rules:\n- seriesQuery: x\n  metricsQuery: |\n    up", []Change{putting("c", true), putting("d", true)}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, results, ok := onePass(tt.text, tt.changes)
			if ok != (tt.want != nil) {
				t.Fatalf("ok is %v", ok)
			}
			if !ok {
				return
			}
			want, err := oneByOne(tt.text, tt.changes)
			if err != nil || got != want {
				t.Errorf("got\n%s\nwant, %v\n%s", got, err, want)
			}
			for i, c := range tt.changes {
				if results[i].Changed != slices.Contains(tt.want, c.Name) || results[i].Err != nil {
					t.Errorf("%q gave %+v, want a change of %v", c.Name, results[i], tt.want)
				}
			}
		})
	}
}

// FuzzApply compares with the same changes one by one, in any text.
func FuzzApply(f *testing.F) {
	for _, text := range append([]string{
		"rules:\n" + oursA + oursB, "rules:\n- seriesQuery: x\n# c\n" + oursB + "# d\nexternalRules:\n- &x\n  seriesQuery: y\n- *x\n",
		"rules:\n" + oursA + "- metricsQuery: |\n    up\n    # promadapter_rule b begin\n", "rules:\n- a\n...\n", "  rules:\n  - {}\n",
	}, documents...) {
		f.Add(text, "a", "b", "up")
	}
	f.Fuzz(func(t *testing.T, text, first, second, query string) {
		for _, changes := range [][]Change{
			{putting(first, true), putting(second, true)},
			{rewriting(first, query), rewriting(second, query)},
			{removing(first), rewriting(second, query)},
			{removing(first), removing(second), putting("third", false)},
		} {
			got, _, ok := onePass(text, changes)
			if !ok {
				continue
			}
			if want, err := oneByOne(text, changes); err != nil || got != want {
				t.Errorf("%q\nbecame %q\n  want %q, %v", text, got, want, err)
			}
		}
	})
}

// The cost of one rule of a group, in a text with n rules.
func BenchmarkApply(b *testing.B) {
	const group = 8
	for _, n := range []int{50, 200, 1000} {
		text := "rules:\n"
		for i := range n {
			text += block(fmt.Sprintf("rule-%d", i), "")
		}
		var changes []Change
		for i := range group {
			changes = append(changes, putting(fmt.Sprintf("new-%d", i), true))
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, _, ok := onePass(text, changes); !ok {
					b.Fatal("not ok")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*group), "ns/rule")
		})
	}
}
