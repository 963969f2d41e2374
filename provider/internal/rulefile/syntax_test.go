// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"strings"
	"testing"
)

// A text that is not YAML is refused with the line of the error, not with the first line of its block.
func TestNamesTheLineOfASyntaxError(t *testing.T) {
	good := "- seriesQuery: x\n  name:\n    as: y\n  metricsQuery: up\n"
	tests := map[string]struct{ bad, want string }{ // bad begins at line 11
		"quote in double quotes":     {"- seriesQuery: x\n  metricsQuery: \"x{path=\"/\",y}\"\n", "line 12: did not find expected key"},
		"quote in single quotes":     {"- seriesQuery: x\n  metricsQuery: 'it's'\n", "line 12: did not find expected key"},
		"quote not closed":           {"- seriesQuery: \"x\n  metricsQuery: \"up\"\n", "line 11: a quote, a bracket or a key has no end, which shows at line 12"},
		"quote never closed":         {"- seriesQuery: \"x\n  metricsQuery: up\n", "line 11: a quote, a bracket or a key has no end"},
		"bracket not closed":         {"- seriesFilters: [{is: x}\n  seriesQuery: x\n", "line 11: a quote, a bracket or a key has no end, which shows at line 12"},
		"brace not closed":           {"- seriesQuery: x\n  name: {as: y\n  metricsQuery: up\n", "line 12: a quote, a bracket or a key has no end, which shows at line 13"},
		"bracket too much":           {"- seriesFilters: [{is: x}]]\n  seriesQuery: x\n", "line 11: "},
		"tab":                        {"- seriesQuery: x\n\tmetricsQuery: up\n", "line 12: found a tab character"},
		"too deep":                   {"- seriesQuery: x\n   metricsQuery: up\n", "line 12: mapping values are not allowed"},
		"not deep enough":            {"- seriesQuery: x\n metricsQuery: up\n", "line 12: did not find expected key"},
		"dash not deep enough":       {"- seriesFilters:\n    - is: x\n   - is: y\n", "line 13: did not find expected key"},
		"two colons":                 {"- seriesQuery: x: y\n", "line 11: mapping values are not allowed"},
		"unknown escape":             {"- seriesQuery: \"x\\d\"\n", "line 11: found unknown escape character"},
		"a character for later":      {"- seriesQuery: x\n  name:\n    as: @y\n", "line 13: found character that cannot start any token"},
		"alias without anchor":       {"- seriesQuery: x\n  resources: *perPod\n", "line 12: unknown anchor 'perPod' referenced"},
		"control character":          {"- seriesQuery: x\n  metricsQuery: \x01\n", "line 12: control characters are not allowed"},
		"a rule outside of its list": {"seriesQuery x\n", "line 11: a quote, a bracket or a key has no end"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, text := range []string{"# c\nrules:\n" + good + good + tt.bad + good + "externalRules: []\n", "# c\r\nrules:\r\n" + strings.ReplaceAll(good+good+tt.bad, "\n", "\r\n")} {
				_, err := create(text, entry("a"))
				if !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), "not valid YAML: "+tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
			}
		})
	}
	for text, want := range map[string]string{
		"rules: [\n": "line 1: a quote, a bracket or a key has no end", "rules: \"x\n": "line 1: a quote", "rules: 'a'b'\n": "line 1: did not find expected key",
		"a: b: c\n": "line 1: mapping values are not allowed", "*x\n": "line 1: unknown anchor",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrShape) || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q) gave %v, want %q", text, err, want)
		}
	}
}
