// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// A text that the adapter's loader refuses is refused before anything is written, with the line and the key.
func TestRefusesWhatTheAdapterRefuses(t *testing.T) {
	tests := map[string]struct{ text, part string }{
		"misspelt root key":       {"# c\nRules:\n- seriesQuery: x\n", `line 2: the adapter does not know the key "Rules", but only rules, resourceRules, externalRules`},
		"further root key":        {"rules: []\nfutureRules: {x: 1}\n", `line 2: the adapter does not know the key "futureRules"`},
		"anchors under a key":     {"anchors:\n  x: &x {template: y}\nrules:\n- seriesQuery: x\n  resources: *x\n", `line 1: the adapter does not know the key "anchors"`},
		"key of a rule":           {"rules:\n- seriesQuery: x\n  metricQuery: y\n", `line 3: the adapter does not know the key "metricQuery", but only seriesQuery, seriesFilters, resources, name, metricsQuery`},
		"key in a rule":           {"externalRules:\n- seriesQuery: x\n  name:\n    match: y\n", `line 4: the adapter does not know the key "match", but only matches, as`},
		"key of an override":      {"rules:\n- resources: {overrides: {pod: {resources: pod}}}\n", `line 2: the adapter does not know the key "resources", but only group, resource`},
		"key under resourceRules": {"resourceRules:\n  cpu: {query: x}\nrules: []\n", `line 2: the adapter does not know the key "query"`},
		"key twice":               {"rules:\n- seriesQuery: x\n  seriesQuery: y\n", `line 3: the key "seriesQuery" appears twice`},
		"label twice":             {"rules:\n- resources: {overrides: {a: {resource: b}, a: {resource: c}}}\n", `line 2: the key "a" appears twice`},
		"not a text":              {"rules:\n- seriesQuery: [x]\n", `line 2: cannot unmarshal !!seq into string`},
		"two of them":             {"rules:\n- query: x\nlast: 1\n", `line 2: the adapter does not know the key "query"`},
		"the second of them":      {"rules:\n- query: x\nlast: 1\n", `line 3: the adapter does not know the key "last"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect := func(what, got string, err error) {
				t.Helper()
				if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), tt.part) || got != "" {
					t.Errorf("%s gave %q, %v, want an error with %q", what, got, err, tt.part)
				}
			}
			got, err := create(tt.text, entry("a"))
			expect("Create", got, err)
			ours := "externalRules:\n" + oursA
			if section, rest, ok := strings.Cut(tt.text, "externalRules:\n"); ok {
				ours = section + ours + rest
			} else {
				ours = tt.text + ours
			}
			if got, err = put(ours, Entry{Name: "a", Kind: rule.KindExternal}); !errors.Is(err, ErrRefused) || got != "" {
				t.Errorf("Put gave %q, %v", got, err)
			}
			if got, err = remove(ours, "a"); !errors.Is(err, ErrRefused) || got != "" {
				t.Errorf("Delete gave %q, %v", got, err)
			}
			if got, _, ok := onePass(ours, []Change{removing("a"), putting("b", true)}); ok {
				t.Errorf("onePass gave %q", got)
			}
			file, err := Parse(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			expect("Refused", "", file.Refused())
		})
	}
}

// Damaged rules of ours are repaired one after another, in a text that the adapter refuses until the last one is repaired.
func TestRepairsWhatIsOurs(t *testing.T) {
	text := "rules:\n" + strings.ReplaceAll(oursA+oursB, "metricsQuery", "metricQuery")
	for _, name := range []string{"a", "b"} {
		if _, err := get(text, name); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), `the adapter does not know the key "metricQuery"`) {
			t.Errorf("Get gave %v", err)
		}
		var err error
		if text, err = put(text, entry(name)); err != nil {
			t.Fatal(err)
		}
	}
	if want := "rules:\n" + oursA + oursB; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

// A rule that cannot be read is named by its line in the whole text, also when it is not one of ours.
func TestNamesTheLineOfARule(t *testing.T) {
	bad := "- seriesQuery: y\n  metricQuery: y\n"
	file, err := Parse("rules:\n- seriesQuery: x\n" + bad)
	if err != nil {
		t.Fatal(err)
	}
	for _, selector := range []string{"index:1"} {
		s, err := ParseSelector(selector)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Find(s); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "line 4: ") || strings.Contains(err.Error(), "markers") {
			t.Errorf("Find gave %v, want line 4 and nothing about markers", err)
		}
	}
	if _, err := get("rules:\n- seriesQuery: x\n"+mark("a", "", bad), "a"); !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "line 5: ") {
		t.Errorf("Get gave %v, want line 5", err)
	}
}
