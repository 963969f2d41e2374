// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// Rules that are created and deleted, in whatever order, leave the text as it was, byte for byte.
func TestCreateThenDelete(t *testing.T) {
	texts := []string{
		"", "# c", "# c\n", "\n", "---", "---\n", "--- # c\n", "---\n---\n", "{}", "{ } # c\n# d\n", "--- {} # c\n", "---\n{}\n---\n", "\ufeff", "\ufeff{}\n",
		"%YAML 1.1\n---\n# c\n",
		"rules: []", "rules: []\n", "rules: [] # c\n", "rules:   [ ]   # c\n", "\"rules\": []\n", "rules : []\n", "rules:\n  []\n", "rules: # c\n  [] # d\n", "  rules: []\n",
		"rules:", "rules:\n", "rules: # c\n", "rules:\n\n# c\n", "rules: ~\n", "rules: null # c", "rules: # c\n  null\n", "'rules':\n", "rules:\nexternalRules:\n",
		"rules: []\nexternalRules: []\n", "externalRules: # c\nresourceRules: {}\n", "resourceRules: {}", "resourceRules:\n  cpu: {containerQuery: x}\n# c\n\n",
		"resourceRules:\n  cpu:\n    containerQuery: |\n      x", "  resourceRules: {}\n", "rules:\n- seriesQuery: x", "rules:\n  - seriesQuery: x\n\n# c\nexternalRules:\n- seriesQuery: y\n...\n",
		"rules:\n- seriesQuery: |\n    x", "rules: []\n---\n", "rules:\n...\n# c\n---\n", "rules: null\n--- # c\n", "externalRules: []\n---", shared,
	}
	one, two := entry("a"), entry("b")
	external := Entry{Name: "c", Kind: rule.KindExternal, Rule: entry("c").Rule}
	for _, text := range texts {
		for _, text := range []string{text, strings.ReplaceAll(text, "\n", "\r\n")} {
			created := text
			for _, e := range []Entry{one, external, two} {
				var err error
				if created, err = create(created, e); err != nil {
					t.Fatalf("%q: %v", text, err)
				}
			}
			for _, order := range []string{"abc", "acb", "bac", "bca", "cab", "cba"} {
				left := created
				for _, name := range strings.Split(order, "") {
					var err error
					if left, err = remove(left, name); err != nil {
						t.Fatalf("%q: %v", created, err)
					}
				}
				if left != text {
					t.Errorf("%q became %q, by way of %q", text, left, created)
				}
			}
		}
	}
}

// What others have done to a list in the meantime stays.
func TestDeleteFromAListThatOthersChanged(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"a rule was added":      {added + "- seriesQuery: x\n", "rules:\n" + before("") + "- seriesQuery: x\n"},
		"a comment on the key":  {strings.Replace(added, "rules:", "rules: # mine", 1), "rules: [] # mine\n" + before("")},
		"a comment in the list": {"rules:\n" + before("") + "# mine\n" + oursA, "# mine\n"},
		"the note is gone":      {"rules:\n" + oursA, "rules: []\n"},
		"the note is wrong":     {"rules: # mine\n" + before("rules: null\n") + oursA, "rules: [] # mine\n" + before("rules: null\n")},
		"the note is no text":   {"rules:\n# promadapter_rule list before: \"\\x\"\n" + oursA, "rules: []\n# promadapter_rule list before: \"\\x\"\n"},
		"the note is no list":   {"rules:\n" + before("resourceRules: {}\n") + oursA, "rules: []\n" + before("resourceRules: {}\n")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := remove(tt.text, "a"); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
