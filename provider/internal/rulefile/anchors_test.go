// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

const shared = `rules:
- seriesQuery: in_total
  resources: &perPod
    template: <<.Resource>>
  metricsQuery: in
- seriesQuery: out_total
  resources: *perPod
  metricsQuery: out
`

// A rule whose anchors are elsewhere, or are used only by itself, is adopted, changed and deleted like any other.
func TestAnchorsThatAreNoObstacle(t *testing.T) {
	tests := map[string]struct {
		text  string
		place Selector
		query string // of the rule
		left  string // part of the text when the rule is gone
	}{
		"an alias":                {shared, Selector{Kind: rule.KindCustom, Index: 1}, "out_total", "&perPod"},
		"an alias for all of it":  {"rules:\n- &x\n  seriesQuery: x\n  metricsQuery: y\n- *x\n", Selector{Kind: rule.KindCustom, Index: 1}, "x", "- &x\n  seriesQuery: x\n"},
		"a merge key":             {"rules:\n- &x\n  seriesQuery: x\n  metricsQuery: y\n- <<: *x\n  seriesQuery: z\n", Selector{Kind: rule.KindCustom, Index: 1}, "z", "- &x\n"},
		"from the other list":     {strings.Replace(shared, "- seriesQuery: out", "externalRules:\n- seriesQuery: out", 1), Selector{Kind: rule.KindExternal}, "out_total", "&perPod"},
		"from resourceRules":      {"resourceRules:\n  cpu:\n    resources: &r {template: x}\nrules:\n- seriesQuery: y\n  resources: *r\n", Selector{Kind: rule.KindCustom}, "y", "&r {template: x}"},
		"its own":                 {"rules:\n- seriesQuery: &x up\n  metricsQuery: *x\n- seriesQuery: z\n", Selector{Kind: rule.KindCustom}, "up", "- seriesQuery: z"},
		"its own, set anew later": {"rules:\n- seriesQuery: &x up\n  metricsQuery: *x\n- seriesQuery: &x z\n  metricsQuery: *x\n", Selector{Kind: rule.KindCustom}, "up", "&x z"},
		"one that nothing uses":   {"rules:\n- seriesQuery: &x up\n", Selector{Kind: rule.KindCustom}, "up", "rules: []"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			adopted, err := adopt(tt.text, "a", tt.place)
			if err != nil {
				t.Fatal(err)
			}
			e, err := get(adopted, "a")
			if err != nil || e.Kind != tt.place.Kind || e.Rule.SeriesQuery != tt.query {
				t.Fatalf("Get gave %+v, %v", e, err)
			}
			if same, err := put(adopted, e); err != nil || same != adopted {
				t.Errorf("the rule as it is gave %q, %v", same, err)
			}
			e.Rule.MetricsQuery = "changed"
			changed, err := put(adopted, e)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := get(changed, "a"); err != nil || !got.Rule.Equal(e.Rule) {
				t.Errorf("Get gave %+v, %v, want %+v", got, err, e)
			}
			for _, text := range []string{adopted, changed} {
				if left, err := remove(text, "a"); err != nil || !strings.Contains(left, tt.left) {
					t.Errorf("Delete gave %q, %v, want %q in it", left, err, tt.left)
				}
			}
		})
	}
}

// A rule with an anchor that others use is not adopted, and neither changed nor deleted if the anchor was added later.
func TestAnchorsThatOthersUse(t *testing.T) {
	tests := map[string]struct{ text, reason string }{ // the rule is the first one
		"by a rule":              {shared, "the rule at line 2 has YAML anchors that are used elsewhere (*perPod at line 7, in the rule at line 6, is &perPod at line 3)"},
		"by a rule, for all":     {"rules:\n- &x\n  seriesQuery: x\n- *x\n", "*x at line 4, in the rule at line 4, is &x at line 2"},
		"by a merge key":         {"rules:\n- &x {seriesQuery: x}\n- <<: *x\n", "*x at line 3"},
		"by the other list":      {strings.Replace(shared, "- seriesQuery: out", "externalRules:\n- seriesQuery: out", 1), "*perPod at line 8, in the rule at line 7"},
		"by resourceRules":       {"rules:\n- resources: &r {template: x}\nresourceRules:\n  cpu:\n    resources: *r\n", "*r at line 5, in resourceRules, is &r at line 2"},
		"by two":                 {"rules:\n- seriesQuery: &x x\n- seriesQuery: *x\n- seriesQuery: *x\n", "*x at line 3, in the rule at line 3, is &x at line 2; *x at line 4"},
		"the list has one":       {"rules: &r\n- seriesQuery: x\nexternalRules: *r\n", "line 3: externalRules is an alias (*r)"},
		"one that is set anew":   {"rules:\n- seriesQuery: &x x\n- seriesQuery: *x\n- seriesQuery: &x y\n", "*x at line 3, in the rule at line 3, is &x at line 2"},
		"by a rule behind ours":  {"rules:\n- seriesQuery: &x x\n" + oursB + "- seriesQuery: *x\n", "*x at line 7"},
		"in a text of documents": {"---\n" + shared + "---\n", "the rule at line 3 has YAML anchors that are used elsewhere (*perPod at line 8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := adopt(tt.text, "a", Selector{Kind: rule.KindCustom}); !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), tt.reason) || got != "" {
				t.Errorf("Adopt gave %q, %v, want an error with %q", got, err, tt.reason)
			}
		})
	}
	byHand := strings.Replace(strings.Replace(shared, "- seriesQuery: in", "# promadapter_rule a begin\n- seriesQuery: in", 1), "- seriesQuery: out", "# promadapter_rule a end\n- seriesQuery: out", 1)
	const reason = "*perPod at line 9, in the rule at line 8, is &perPod at line 4"
	if e, err := get(byHand, "a"); err != nil || e.Rule.SeriesQuery != "in_total" {
		t.Errorf("Get gave %+v, %v", e, err)
	}
	if got, err := put(byHand, entry("a")); !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), reason) {
		t.Errorf("Put gave %q, %v, want an error with %q", got, err, reason)
	}
	if got, err := remove(byHand, "a"); !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), reason) {
		t.Errorf("Delete gave %q, %v, want an error with %q", got, err, reason)
	}
	if got, err := put(byHand, entry("b")); err != nil || !strings.HasSuffix(got, oursB) {
		t.Errorf("a rule besides these gave %q, %v", got, err)
	}
}
