// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

func mark(name, indent, text string) string {
	return indent + "# promadapter_rule " + name + " begin\n" + text + indent + "# promadapter_rule " + name + " end\n"
}

func TestAdopt(t *testing.T) {
	x := "- seriesQuery: x # c\n  metricsQuery: |\n    up\n    # text\n"
	tests := map[string]struct {
		text  string
		place Selector
		want  string
	}{
		"the only one":              {"rules:\n- seriesQuery: x\n", Selector{Kind: rule.KindCustom}, "rules:\n" + mark("a", "", "- seriesQuery: x\n")},
		"no line feed":              {"rules:\n- seriesQuery: x", Selector{Kind: rule.KindCustom}, "rules:\n" + noBreak(mark("a", "", "- seriesQuery: x\n"))},
		"indented":                  {"rules:\n  - seriesQuery: x\n  - seriesQuery: y\n", Selector{Kind: rule.KindCustom, Index: 1}, "rules:\n  - seriesQuery: x\n" + mark("a", "  ", "  - seriesQuery: y\n")},
		"comments stay outside":     {"rules:\n# x\n- seriesQuery: x\n\n# y\n- seriesQuery: y\n# end\n", Selector{Kind: rule.KindCustom}, "rules:\n# x\n" + mark("a", "", "- seriesQuery: x\n") + "\n# y\n- seriesQuery: y\n# end\n"},
		"text that looks alike":     {"rules:\n" + x + "- seriesQuery: y\n", Selector{Kind: rule.KindCustom}, "rules:\n" + mark("a", "", x) + "- seriesQuery: y\n"},
		"in front of one of ours":   {"rules:\n- seriesQuery: x\n" + oursB, Selector{Kind: rule.KindCustom}, "rules:\n" + mark("a", "", "- seriesQuery: x\n") + oursB},
		"behind one of ours":        {"rules:\n" + oursB + "- seriesQuery: x\nresourceRules: {}\n", Selector{Kind: rule.KindCustom, Index: 1}, "rules:\n" + oursB + mark("a", "", "- seriesQuery: x\n") + "resourceRules: {}\n"},
		"external":                  {"externalRules:\n- seriesQuery: x\nrules: []\n", Selector{Kind: rule.KindExternal}, "externalRules:\n" + mark("a", "", "- seriesQuery: x\n") + "rules: []\n"},
		"dash on a line of its own": {"rules:\n-\n  # c\n  seriesQuery: x\n", Selector{Kind: rule.KindCustom}, "rules:\n" + mark("a", "", "-\n  # c\n  seriesQuery: x\n")},
		"CRLF":                      {"rules:\r\n- seriesQuery: x\r\n", Selector{Kind: rule.KindCustom}, strings.ReplaceAll("rules:\n"+mark("a", "", "- seriesQuery: x\n"), "\n", "\r\n")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := adopt(tt.text, "a", tt.place)
			if err != nil || got != tt.want {
				t.Fatalf("adopt(%q)\n got %q, %v\nwant %q", tt.text, got, err, tt.want)
			}
			e, err := get(got, "a")
			if err != nil || e.Kind != tt.place.Kind {
				t.Errorf("Get gave %+v, %v", e, err)
			}
			if again, err := put(got, e); err != nil || again != got {
				t.Errorf("putting the same rule changed the text to %q, %v", again, err)
			}
		})
	}
}

func TestAdoptRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		index int
		want  error
	}{
		"not there":         {"rules: []\n", 0, ErrNotFound},
		"brackets":          {"rules: [{seriesQuery: x}]\n", 0, ErrShape},
		"one of ours":       {"rules:\n" + oursB, 0, ErrExists},
		"the name is taken": {"rules:\n- seriesQuery: x\n" + oursA, 0, ErrExists},
		"not a rule":        {"rules:\n- query: x\n", 0, ErrUnreadable},
		"refused":           {"x: &x {seriesQuery: x}\nrules:\n- *x\n", 0, ErrRefused},
		"not YAML":          {"rules: [\n", 0, ErrShape},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := adopt(tt.text, "a", Selector{Kind: rule.KindCustom, Index: tt.index}); !errors.Is(err, tt.want) {
				t.Errorf("got %q, %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestParseSelector(t *testing.T) {
	for text, want := range map[string]Selector{
		"metric:x:y_total": {Metric: "x:y_total"}, "index:0": {Kind: rule.KindCustom}, "external_index:12": {Kind: rule.KindExternal, Index: 12},
	} {
		if got, err := ParseSelector(text); err != nil || got != want || got.String() != text {
			t.Errorf("ParseSelector(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "metric", "metric:", "index:", "index:-1", "index:1x", "line:3"} {
		if _, err := ParseSelector(text); err == nil || !strings.Contains(err.Error(), "metric:NAME") {
			t.Errorf("ParseSelector(%q) gave %v, want an error that says what is allowed", text, err)
		}
	}
}

func TestLocate(t *testing.T) {
	x := rule.Rule{SeriesQuery: "x", MetricsQuery: "q"}
	at := Selector{Kind: rule.KindCustom, Index: 1}
	for name, tt := range map[string]struct {
		text string
		want int // -1: nowhere
	}{
		"in its place":         {"rules:\n- {seriesQuery: w}\n- {seriesQuery: x, metricsQuery: q}\n", 1},
		"moved down":           {"rules:\n- {seriesQuery: w}\n- {seriesQuery: w}\n- {seriesQuery: x, metricsQuery: q}\n", 2},
		"several, nearest":     {"rules:\n- {seriesQuery: x, metricsQuery: q}\n- {seriesQuery: w}\n- {seriesQuery: w}\n- {seriesQuery: x, metricsQuery: q}\n", 0},
		"edited":               {"rules:\n- {seriesQuery: w}\n- {seriesQuery: x, metricsQuery: edited}\n", 1},
		"same before edited":   {"rules:\n- {seriesQuery: x, metricsQuery: q}\n- {seriesQuery: x, metricsQuery: edited}\n", 0},
		"selector was changed": {"rules:\n- {seriesQuery: w}\n- {seriesQuery: 'x{a=\"b\"}', metricsQuery: q}\n", 1},
		"replaced":             {"rules:\n- {seriesQuery: w}\n- {seriesQuery: v}\n", -1},
		"other list":           {"externalRules:\n- {seriesQuery: x, metricsQuery: q}\n", -1},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.Locate(at, x)
			if (tt.want < 0) != errors.Is(err, ErrNotFound) || tt.want >= 0 && got.Index != tt.want {
				t.Errorf("got %+v, %v, want index %d", got, err, tt.want)
			}
		})
	}
}

func TestList(t *testing.T) {
	text := "externalRules:\n- seriesQuery: e\n  metricsQuery: eq\nrules:\n- seriesQuery: x\n" + oursA + "- &y\n  seriesQuery: y\n- *y\n" +
		"resourceRules:\n  cpu:\n    containerQuery: c\n"
	want := []Listed{
		{Kind: rule.KindCustom, Index: 0, Line: 5, Rule: rule.Rule{SeriesQuery: "x"}},
		{Kind: rule.KindCustom, Index: 1, Name: "a", Line: 7, Rule: entry("a").Rule},
		{Kind: rule.KindCustom, Index: 2, Line: 10, Rule: rule.Rule{SeriesQuery: "y"}},
		{Kind: rule.KindCustom, Index: 3, Line: 12, Rule: rule.Rule{SeriesQuery: "y"}},
		{Kind: rule.KindExternal, Index: 0, Line: 2, Rule: rule.Rule{SeriesQuery: "e", MetricsQuery: "eq"}},
		{Kind: KindResource, Index: 0, Name: "cpu", Line: 14, Rule: rule.Rule{MetricsQuery: "c"}},
	}
	for name, text := range map[string]string{"": text, "with a bad rule": text + "futureKey: 1\n"} {
		f, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := f.List()
		if len(got) != len(want) {
			t.Fatalf("%s: got %+v", name, got)
		}
		for i := range want {
			g, w := got[i], want[i]
			if g.Kind != w.Kind || g.Index != w.Index || g.Name != w.Name || g.Line != w.Line || g.Err != nil || !g.Rule.Equal(w.Rule) {
				t.Errorf("%s: rule %d is %+v, want %+v", name, i, g, w)
			}
		}
	}
	f, err := Parse("rules:\n- query: x\n- seriesQuery: y\n")
	if err != nil {
		t.Fatal(err)
	}
	if bad := f.List(); bad[0].Err == nil || bad[1].Err != nil || bad[1].Rule.SeriesQuery != "y" {
		t.Errorf("got %+v, want only the bad rule to fail", bad)
	}
}
