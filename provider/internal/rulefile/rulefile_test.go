// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

func entry(name string) Entry {
	return Entry{Name: name, Kind: rule.KindCustom, Rule: rule.Rule{SeriesQuery: name + "_total", MetricsQuery: "up"}}
}

// block is what entry(name) looks like in a text.
func block(name, indent string) string {
	return fmt.Sprintf("%[2]s# promadapter_rule %[1]s begin\n%[2]s- seriesQuery: %[1]s_total\n%[2]s  metricsQuery: up\n%[2]s# promadapter_rule %[1]s end\n", name, indent)
}

var (
	oursA = block("a", "")
	oursB = block("b", "")
)

// before is the comment that records what was in place of a list.
func before(was string) string {
	if was == "" {
		return "# promadapter_rule list before: none\n"
	}
	return fmt.Sprintf("# promadapter_rule list before: %q\n", was)
}

// added is a new key with our rule a.
var added = "rules:\n" + before("") + oursA

func noBreak(text string) string { return strings.TrimSuffix(text, "\n") }

// Everything between the two parts of a want is what was there before.
func TestPutPlacesTheRule(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty text":                  {"", added},
		"only a comment":              {"# nothing here", "# nothing here\n" + noBreak(added)},
		"only a document start":       {"---\n", "---\n" + added},
		"empty braces":                {"{} # c\n# d\n", "rules: # c\n" + before("{} # c\n") + oursA + "# d\n"},
		"empty braces on the start":   {"--- {}\n", "---\nrules:\n" + before("--- {}\n") + oursA},
		"key missing":                 {"resourceRules: {}\n", "resourceRules: {}\n" + added},
		"key missing, no line feed":   {"resourceRules: {}", "resourceRules: {}\n" + noBreak(added)},
		"key missing, indented root":  {"  externalRules: []\n", "  externalRules: []\n  rules:\n  " + before("") + block("a", "  ")},
		"empty brackets":              {"rules: []\n", "rules:\n" + oursA},
		"empty brackets with space":   {"rules: [ ] # mine\nexternalRules: []\n", "rules: # mine\n" + before("rules: [ ] # mine\n") + oursA + "externalRules: []\n"},
		"quoted key":                  {"\"rules\": []\n", "\"rules\":\n" + oursA},
		"null":                        {"rules: null\n", "rules:\n" + before("rules: null\n") + oursA},
		"tilde":                       {"rules: ~ # none\n", "rules: # none\n" + before("rules: ~ # none\n") + oursA},
		"no value":                    {"rules:\n", "rules:\n" + before("rules:\n") + oursA},
		"no value, no line feed":      {"rules:", "rules:\n" + before("rules:\n") + noBreak(oursA)},
		"no value, other key":         {"rules: # none yet\nexternalRules: []\n", "rules: # none yet\n" + before("rules: # none yet\n") + oursA + "externalRules: []\n"},
		"list without indentation":    {"rules:\n- seriesQuery: x\n", "rules:\n- seriesQuery: x\n" + oursA},
		"indented list":               {"rules:\n    - seriesQuery: x\n", "rules:\n    - seriesQuery: x\n" + block("a", "    ")},
		"list without line feed":      {"rules:\n- seriesQuery: x", "rules:\n- seriesQuery: x\n" + noBreak(oursA)},
		"behind one of ours":          {"rules:\n" + oursB, "rules:\n" + oursB + oursA},
		"between keys":                {"rules:\n- seriesQuery: x\n\n# about the next\nexternalRules: []\n", "rules:\n- seriesQuery: x\n" + oursA + "\n# about the next\nexternalRules: []\n"},
		"CRLF":                        {"rules:\r\n- seriesQuery: x\r\n", "rules:\r\n- seriesQuery: x\r\n" + strings.ReplaceAll(oursA, "\n", "\r\n")},
		"comment inside of the list":  {"rules:\n# one\n- seriesQuery: x # two\n# three\n", "rules:\n# one\n- seriesQuery: x # two\n" + oursA + "# three\n"},
		"dash on a line of its own":   {"rules:\n-\n  seriesQuery: x\n-\n  # y\n  seriesQuery: y\n", "rules:\n-\n  seriesQuery: x\n-\n  # y\n  seriesQuery: y\n" + oursA},
		"block text that looks alike": {"rules:\n- metricsQuery: |\n    up\n    # not a comment\n", "rules:\n- metricsQuery: |\n    up\n    # not a comment\n" + oursA},
		"block text at the very end":  {"rules:\n- metricsQuery: |\n    up", "rules:\n" + oursA + "- metricsQuery: |\n    up"},
		"document end":                {"rules:\n- seriesQuery: x\n...\n", "rules:\n- seriesQuery: x\n" + oursA + "...\n"},
		"document end, key missing":   {"externalRules: []\n...\n", "externalRules: []\n" + added + "...\n"},
		"empty documents behind":      {"---\nrules:\n- seriesQuery: x\n--- # c\n...\n---\n# d\n", "---\nrules:\n- seriesQuery: x\n" + oursA + "--- # c\n...\n---\n# d\n"},
		"empty documents, CRLF":       {"rules: []\r\n---\r\n", strings.ReplaceAll("rules:\n"+oursA+"---\n", "\n", "\r\n")},
		"only document starts":        {"---\n---\n", "---\n" + added + "---\n"},
		"byte order mark":             {"\ufeffrules: []\n", "\ufeffrules:\n" + oursA},
		"anchors":                     {"rules:\n- &x\n  seriesQuery: x\n- *x\n", "rules:\n- &x\n  seriesQuery: x\n- *x\n" + oursA},
		"markers inside of a text":    {"rules:\n- metricsQuery: |\n    # promadapter_rule a begin\n", "rules:\n- metricsQuery: |\n    # promadapter_rule a begin\n" + oursA},
		"markers without their rule":  {"rules:\n# promadapter_rule a begin\n# promadapter_rule a end\n", "rules:\n" + before("rules:\n") + oursA},
		"hand-edited":                 {strings.Replace("rules:\n"+oursA, "up", "down # !", 1), "rules:\n" + oursA},
		"no longer a rule":            {strings.Replace("rules:\n"+oursA, "metricsQuery", "metricQuery", 1), "rules:\n" + oursA},
		"replaced in its place":       {"rules:\n- seriesQuery: x\n" + block("a", "") + "- seriesQuery: y\n", "rules:\n- seriesQuery: x\n" + oursA + "- seriesQuery: y\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := put(tt.text, entry("a"))
			if err != nil || got != tt.want {
				t.Fatalf("put(%q)\n got %q, %v\nwant %q", tt.text, got, err, tt.want)
			}
			if again, err := put(got, entry("a")); err != nil || again != got {
				t.Errorf("a second Put changed the text to %q, %v", again, err)
			}
			if e, err := get(got, "a"); err != nil || e.Kind != rule.KindCustom || !e.Rule.Equal(entry("a").Rule) {
				t.Errorf("Get gave %+v, %v", e, err)
			}
		})
	}
}

func TestRefusesOtherShapes(t *testing.T) {
	tests := map[string]struct {
		text string
		want error
		part string
	}{
		"not YAML":              {"rules: [\n", ErrShape, "not valid YAML"},
		"root is a list":        {"- a\n", ErrShape, "the root is a list"},
		"root is a text":        {"hello\n", ErrShape, `the value "hello"`},
		"root is null":          {"null\n", ErrShape, "must be a mapping"},
		"root in braces":        {"{rules: []}\n", ErrShape, "in braces"},
		"other root in braces":  {"{externalRules: []}\n", ErrShape, "braces"},
		"rules is a mapping":    {"rules: {a: b}\n", ErrShape, "rules is a mapping"},
		"rules is a text":       {"rules: none\n", ErrShape, "must be a list"},
		"rules is an alias":     {"externalRules: &x []\nrules: *x\n", ErrShape, "line 2: rules is an alias (*x)"},
		"external is a text":    {"externalRules: none\n", ErrShape, "externalRules"},
		"flow list":             {"rules: [{seriesQuery: x}]\n", ErrShape, "square brackets"},
		"brackets over lines":   {"rules: [\n]\n", ErrShape, "square brackets"},
		"key twice":             {"rules: []\nrules: []\n", ErrShape, "appears twice"},
		"alias of rules":        {"rules: &x []\nexternalRules: *x\n", ErrShape, "line 2: externalRules is an alias (*x)"},
		"two documents":         {"rules: []\n---\nrules: []\n", ErrShape, "more than one YAML document, but the adapter reads only the first and ignores what follows line 2"},
		"the first one empty":   {"---\n---\nrules: []\n", ErrShape, "ignores what follows line 2"},
		"the second not YAML":   {"rules: []\n...\nrules: [\n", ErrShape, "ignores what follows line 2"},
		"begin without end":     {"rules:\n# promadapter_rule a begin\n- seriesQuery: x\n", ErrMarkers, "line 2"},
		"end without begin":     {"rules:\n- seriesQuery: x\n# promadapter_rule a end\n", ErrMarkers, "line 3"},
		"nested":                {"rules:\n# promadapter_rule b begin\n" + oursA + "# promadapter_rule b end\n", ErrMarkers, "line 2"},
		"twice":                 {"rules:\n" + oursB + oursB, ErrMarkers, "begins at line 2 and again at line 6"},
		"two rules in a pair":   {"rules:\n# promadapter_rule a begin\n- seriesQuery: x\n- seriesQuery: y\n# promadapter_rule a end\n", ErrMarkers, "more than one rule"},
		"end inside the rule":   {"rules:\n# promadapter_rule a begin\n- seriesQuery: x\n# promadapter_rule a end\n  metricsQuery: up\n", ErrMarkers, "inside the rule"},
		"begin inside the rule": {"rules:\n- seriesQuery: x\n# promadapter_rule a begin\n  metricsQuery: up\n# promadapter_rule a end\n", ErrMarkers, "cut through line 4"},
		"begin behind the dash": {"rules:\n-\n# promadapter_rule a begin\n  seriesQuery: x\n# promadapter_rule a end\n", ErrMarkers, "cut through"},
		"around another key":    {"# promadapter_rule a begin\nresourceRules: {}\n# promadapter_rule a end\n", ErrMarkers, "cut through"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := put(tt.text, entry("a")); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.part) || got != "" {
				t.Errorf("got %q, %v, want an error with %q", got, err, tt.part)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"the last one":                {"rules:\n" + oursA, "rules: []\n"},
		"the last one, with comments": {"# head\nrules: # ours\n" + oursA + "# tail\nexternalRules: []\n", "# head\nrules: [] # ours\n# tail\nexternalRules: []\n"},
		"quoted key":                  {"'rules':\n" + oursA, "'rules': []\n"},
		"one of ours":                 {"rules:\n" + oursA + oursB, "rules:\n" + oursB},
		"among others":                {"rules:\n- seriesQuery: x # x\n" + oursA + "# y\n- seriesQuery: y\n", "rules:\n- seriesQuery: x # x\n# y\n- seriesQuery: y\n"},
		"markers without their rule":  {"rules: []\n# promadapter_rule a begin\n# promadapter_rule a end\n", "rules: []\n"},
		"indented":                    {"rules:\n  - seriesQuery: x\n" + block("a", "  "), "rules:\n  - seriesQuery: x\n"},
		"no longer a rule":            {strings.Replace("rules:\n"+oursA, "metricsQuery", "metricQuery", 1), "rules: []\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := remove(tt.text, "a")
			if err != nil || got != tt.want {
				t.Fatalf("remove(%q)\n got %q, %v\nwant %q", tt.text, got, err, tt.want)
			}
			if _, err := config.FromYAML([]byte(got)); err != nil {
				t.Errorf("the adapter refuses the result: %v", err)
			}
			if again, err := remove(got, "a"); err != nil || again != got {
				t.Errorf("a second remove gave %q, %v, want no change", again, err)
			}
		})
	}
}

func TestGet(t *testing.T) {
	edited := strings.Replace("rules:\n"+oursA, "metricsQuery: up", "metricsQuery: down # changed by hand", 1)
	e, err := get(edited, "a")
	if want := (rule.Rule{SeriesQuery: "a_total", MetricsQuery: "down"}); err != nil || !e.Rule.Equal(want) {
		t.Errorf("got %+v, %v, want the rule as it was edited", e, err)
	}
	if _, err := get(edited, "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v for a name that is not there, want %v", err, ErrNotFound)
	}
	if _, err := get("rules:\n# promadapter_rule a begin\n# promadapter_rule a end\n", "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v for markers without a rule, want %v", err, ErrNotFound)
	}
	unreadable := strings.Replace(edited, "seriesQuery", "serieQuery", 1)
	if e, err := get(unreadable, "a"); !errors.Is(err, ErrUnreadable) || e.Kind != rule.KindCustom {
		t.Errorf("got %+v, %v, want %v", e, err, ErrUnreadable)
	}
	external := "externalRules:\n" + oursA
	if e, err := get(external, "a"); err != nil || e.Kind != rule.KindExternal {
		t.Errorf("got %+v, %v, want an external rule", e, err)
	}
}

func TestCreateRefusesWhatExists(t *testing.T) {
	for name, text := range map[string]string{
		"the same":          "rules:\n" + oursA,
		"as external rule":  "externalRules:\n" + oursA,
		"changed by hand":   strings.Replace("rules:\n"+oursA, "up", "down", 1),
		"no longer a rule":  strings.Replace("rules:\n"+oursA, "metricsQuery", "m", 1),
		"behind other ones": "rules:\n- seriesQuery: x\n" + oursB + oursA,
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := create(text, entry("a")); !errors.Is(err, ErrExists) {
				t.Errorf("got %q, %v, want %v", got, err, ErrExists)
			}
		})
	}
	if got, err := create("rules:\n"+oursB, entry("a")); err != nil || got != "rules:\n"+oursB+oursA {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestBothKindsInOneText(t *testing.T) {
	external := entry("ext")
	external.Kind = rule.KindExternal
	text, err := put("rules: []\n", external)
	if err != nil {
		t.Fatal(err)
	}
	text, err = put(text, entry("a"))
	if err != nil {
		t.Fatal(err)
	}
	want := "rules:\n" + oursA + "externalRules:\n" + before("") + block("ext", "")
	if text != want {
		t.Fatalf("got %q, want %q", text, want)
	}
	if _, err := put(text, Entry{Name: "ext", Kind: rule.KindCustom, Rule: external.Rule}); !errors.Is(err, ErrExists) {
		t.Errorf("got %v for a rule in the other list, want %v", err, ErrExists)
	}
}

func TestCheckName(t *testing.T) {
	for name, ok := range map[string]bool{
		"heavywork": true, "a": true, "A.b_c-1": true, strings.Repeat("x", 63): true,
		"": false, "a b": false, "-a": false, "a-": false, "a/b": false, "é": false, strings.Repeat("x", 64): false, "a\n": false,
	} {
		if err := CheckName(name); (err == nil) != ok {
			t.Errorf("CheckName(%q) = %v, want ok %v", name, err, ok)
		}
		if _, err := put("", Entry{Name: name, Kind: rule.KindCustom, Rule: entry("a").Rule}); (err == nil) != ok {
			t.Errorf("Put with name %q gave %v, want ok %v", name, err, ok)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	for _, n := range []int{1, 50, 200, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := ""
			for i := range n {
				text += block(fmt.Sprintf("rule-%d", i), "")
			}
			text = "rules:\n" + text
			for b.Loop() {
				if _, err := create(text, entry("new")); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
