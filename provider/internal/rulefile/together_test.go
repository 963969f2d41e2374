// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

func putting(name string, isNew bool) Change {
	e := entry(name)
	return Change{Name: name, Put: &e, New: isNew}
}

func rewriting(name, query string) Change {
	c := putting(name, false)
	c.Put.Rule.MetricsQuery = query
	return c
}

// oneByOne is what Together has to come to.
func oneByOne(text string, changes []Change) (string, error) {
	for _, c := range changes {
		var err error
		if text, err = c.Apply(text); err != nil {
			return "", err
		}
	}
	return text, nil
}

func TestTogether(t *testing.T) {
	oursC := block("c", "")
	two := "rules:\n- seriesQuery: x # mine\n" + oursA + "# between\n" + oursB + "\n# the others\nexternalRules: []\n"
	external := Change{Name: "e", Put: &Entry{Name: "e", Kind: rule.KindExternal, Rule: entry("e").Rule}}
	tests := map[string]struct {
		text    string
		changes []Change
		want    []string // the names that changed; none: it is not ok
	}{
		"new rules":               {two, []Change{putting("c", true), putting("d", true), putting("e", false)}, []string{"c", "d", "e"}},
		"new rules, no line feed": {strings.TrimSuffix("rules:\n"+oursA, "\n"), []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"new rules, indented":     {"rules:\n    - seriesQuery: x\n", []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"CRLF":                    {"rules:\r\n- seriesQuery: x\r\n", []Change{putting("c", true), putting("d", true)}, []string{"c", "d"}},
		"deletions":               {two, []Change{{Name: "b"}, {Name: "a"}}, []string{"a", "b"}},
		"all that is":             {two + "", []Change{{Name: "a"}, putting("c", true), rewriting("b", "1")}, []string{"a", "b", "c"}},
		"the last one goes":       {"rules:\n- seriesQuery: x\n" + oursA, []Change{{Name: "a"}, putting("c", true)}, []string{"a", "c"}},
		"nothing to do for one":   {two, []Change{putting("a", false), rewriting("b", "1")}, []string{"b"}},
		"two lists":               {"externalRules:\n- seriesQuery: y\nrules:\n" + oursA, []Change{putting("c", true), external}, []string{"c", "e"}},

		"one that exists":        {two, []Change{putting("c", true), putting("a", true)}, nil},
		"one that is not there":  {two, []Change{putting("c", true), {Name: "d"}}, nil},
		"one twice":              {two, []Change{putting("c", true), {Name: "c"}}, nil},
		"an empty list":          {"rules: []\n", []Change{putting("c", true), putting("d", true)}, nil},
		"no list":                {"", []Change{putting("c", true), putting("d", true)}, nil},
		"a list in brackets":     {"rules: [{seriesQuery: x}]\n", []Change{putting("c", true), putting("d", true)}, nil},
		"all go":                 {"rules:\n" + oursA + oursC, []Change{{Name: "a"}, {Name: "c"}}, nil},
		"markers without a rule": {"rules:\n" + oursB + "# promadapter_rule a begin\n# promadapter_rule a end\n", []Change{putting("a", false), putting("c", true)}, nil},
		"not YAML":               {"rules: {", []Change{putting("c", true), putting("d", true)}, nil},
		"a name that cannot be":  {two, []Change{putting("c", true), putting("d e", true)}, nil},
		"of the other kind":      {two, []Change{{Name: "a", Put: &Entry{Name: "a", Kind: rule.KindExternal, Rule: entry("a").Rule}}, putting("c", true)}, nil},
		"a place that is none":   {"rules:\n- seriesQuery: x\n  metricsQuery: |\n    up", []Change{putting("c", true), putting("d", true)}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, changed, ok := Together(tt.text, tt.changes)
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
			if len(changed) != len(tt.want) {
				t.Errorf("changed %v, want %v", changed, tt.want)
			}
			for _, name := range tt.want {
				if !changed[name] {
					t.Errorf("%q is not among what changed: %v", name, changed)
				}
			}
		})
	}
}

// FuzzTogether compares with the same changes one by one, in any text.
func FuzzTogether(f *testing.F) {
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
			{{Name: first}, rewriting(second, query)},
			{{Name: first}, {Name: second}, putting("third", false)},
		} {
			got, _, ok := Together(text, changes)
			if !ok {
				continue
			}
			if want, err := oneByOne(text, changes); err != nil || got != want {
				t.Errorf("%q\nbecame %q\n  want %q, %v", text, got, want, err)
			}
		}
	})
}

// What one rule of a group costs, in a text with n rules.
func BenchmarkTogether(b *testing.B) {
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
				if _, _, ok := Together(text, changes); !ok {
					b.Fatal("not ok")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*group), "ns/rule")
		})
	}
}
