// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// documents are texts with more than plain lists in them.
var documents = []string{
	shared, "---\n" + shared + "---\n", strings.ReplaceAll(shared, "\n", "\r\n"), "---\nrules:\n- seriesQuery: x\n--- # c\n...\n# d\n", "---\n---\n", "{} # c",
	"%YAML 1.1\n---\nrules:\n...\n---\n", "--- {}\n...\n", "# c", "rules: # c", "rules:\n  [ ] # c\n", "externalRules: ~", "Rules:\n- seriesQuery: x\n", "rules: &r\n- {}\nexternalRules: *r\n",
	"rules:\n- &x {seriesQuery: x}\n- <<: *x\n", "rules:\n- seriesQuery: \"x{path=\"/\"}\"\n", "rules:\n" + before("rules:\n") + oursA, added, "\ufeff{}\r\n", "\ufeff",
	"rules:\n- seriesQuery: x\n  query: y\n" + oursA, "? rules\n: []\n", "rules: &x []\n", "rules: !!seq []\n", "rules: []\nexternalRules:\n",
}

// FuzzPut feeds arbitrary texts and rules to Put and Delete: neither may panic, and when they succeed, everything that is not
// the rule is still there. The checks do not use the code under test: they read both texts with the YAML and the adapter's
// packages.
func FuzzPut(f *testing.F) {
	for _, text := range append([]string{
		"", "rules: []\n", "rules:\n- seriesQuery: x\n  metricsQuery: y\n", "rules:\r\n  - seriesQuery: x\r\n# end\r\nexternalRules: []\r\n",
		"rules:\n" + oursA, "rules:\n" + oursA + oursB, "rules:\n- metricsQuery: |\n    # promadapter_rule a begin\n    x",
		"a: &a [1]\nrules:\n-\n  seriesQuery: \"x\n# promadapter_rule a end\n  y\"\n...\n", "\ufeffrules: ~", "? rules\n: - seriesQuery: x\n", "{}",
		"rules:\n- seriesQuery: >+\n    x\n\n\n  # c\n- *b\n---\n", "\"rules\" : null\n\u2028x: 1\u0085y: 2\rz: 3", "!!map {rules: []}",
	}, documents...) {
		f.Add(text, "a_total", "sum(<<.Series>>)", true)
		f.Add(text, "a: #\n", "'\"\r\n\t", false)
	}
	f.Fuzz(func(t *testing.T, text, seriesQuery, metricsQuery string, external bool) {
		e := Entry{Name: "a", Kind: rule.KindCustom, Rule: rule.Rule{SeriesQuery: seriesQuery, MetricsQuery: metricsQuery}}
		if external {
			e.Kind = rule.KindExternal
		}
		expectRoundTrip(t, text, e)
	})
}

// FuzzAdopt gives a name to each rule of arbitrary texts: no byte may change except for the two marker lines, and deleting the rule
// removes nothing else. List and Locate must accept any text.
func FuzzAdopt(f *testing.F) {
	for _, text := range append([]string{
		"rules:\n- seriesQuery: x\n  metricsQuery: y\n", "rules:\n- metricsQuery: |\n    # text\n\n# c\n- seriesQuery: y", "externalRules:\r\n  - seriesQuery: x\r\n# end\r\n",
		"rules:\n" + oursB + "- seriesQuery: x # c\n" + oursB, "rules:\n- &a {seriesQuery: x}\n- *a\n", "rules:\n-\n  # c\n  seriesQuery: >+\n    x\n\n...\n",
		"rules:\n- seriesQuery: x\nexternalRules:\n- seriesQuery: \"y\n# promadapter_rule a end\n  z\"\n", "? rules\n: - seriesQuery: x\n",
	}, documents...) {
		f.Add(text, 0, false)
		f.Add(text, 1, true)
	}
	f.Fuzz(func(t *testing.T, text string, index int, external bool) {
		place := Selector{Kind: rule.KindCustom, Index: index}
		if external {
			place.Kind = rule.KindExternal
		}
		expectAdopted(t, text, place)
	})
}

func expectAdopted(t *testing.T, text string, place Selector) {
	t.Helper()
	file, err := Parse(text)
	if err != nil {
		return
	}
	if _, err := file.Locate(place, rule.Rule{SeriesQuery: "x"}); err != nil && !errors.Is(err, ErrNotFound) {
		t.Errorf("Locate gave %v", err)
	}
	after, err := adopt(text, "a", place)
	if err != nil {
		return
	}
	var kept []string
	for _, line := range splitLines(after) {
		if m := markerPattern.FindStringSubmatch(line); m == nil || m[1] != "a" {
			kept = append(kept, line)
		}
	}
	var before []string
	for _, line := range splitLines(text) {
		if m := markerPattern.FindStringSubmatch(line); m == nil || m[1] != "a" {
			before = append(before, line)
		}
	}
	if got, want := joinLines(kept), joinLines(before); got != want && got != want+"\n" && got != want+"\r\n" {
		t.Errorf("bytes changed: %q became %q", text, after)
	}
	expectForeignKept(t, text, after, 0)
	deleted, err := remove(after, "a")
	if err != nil {
		return // a list that cannot lose this rule, an anchor for example, is left alone
	}
	b, bRules := values(t, text)
	a, aRules := values(t, deleted)
	if !reflect.DeepEqual(b, a) || !slices.ContainsFunc(without(bRules, 1)[1:], func(list []string) bool { return slices.Equal(list, aRules) }) {
		t.Errorf("deleting the adopted rule took something else: %q became %q", after, deleted)
	}
}

// FuzzCreate is FuzzPut for rules that must be new, and for a second rule after the first.
func FuzzCreate(f *testing.F) {
	for _, text := range append([]string{"", "rules: []\n", "rules:\n" + oursA, "externalRules:\n" + oursB + "rules:\n- seriesQuery: x\n# end\n"}, documents...) {
		f.Add(text, "x", "a", "b")
	}
	f.Fuzz(func(t *testing.T, text, query, first, second string) {
		one := Entry{Name: first, Kind: rule.KindCustom, Rule: rule.Rule{SeriesQuery: query, MetricsQuery: query}}
		two := Entry{Name: second, Kind: rule.KindExternal, Rule: one.Rule}
		_, before := get(text, first)
		created, err := create(text, one)
		if err != nil {
			return
		}
		if !errors.Is(before, ErrNotFound) {
			t.Errorf("a rule was created that was there: %v in %q", before, text)
		}
		if _, err := create(created, one); !errors.Is(err, ErrExists) {
			t.Errorf("a second time gave %v", err)
		}
		both, err := create(created, two)
		if err != nil {
			return
		}
		if got, err := get(both, first); err != nil || !got.Rule.Equal(one.Rule) {
			t.Errorf("the first rule is %+v, %v after the second: %q", got, err, both)
		}
		left, err := remove(both, first)
		if err != nil {
			t.Fatalf("cannot delete what was created: %v from %q", err, both)
		}
		if got, err := get(left, second); err != nil || !got.Rule.Equal(two.Rule) {
			t.Errorf("the second rule is %+v, %v after the first was deleted: %q", got, err, left)
		}
		for _, order := range [][]string{{first, second}, {second, first}} {
			left := both
			for _, name := range order {
				if left, err = remove(left, name); err != nil {
					t.Fatalf("cannot delete what was created: %v from %q", err, both)
				}
			}
			if left != text && !strings.Contains(text, markerWord) {
				t.Errorf("create and delete left %q of %q, by way of %q", left, text, both)
			}
		}
	})
}

// Texts are put together from lines that mean different things in different contexts.
func TestPutOnManyShapes(t *testing.T) {
	parts := []string{
		"rules:\n", "rules: []\n", "externalRules: # x\n", "rest: 1\n", "- seriesQuery: x\n", "  - seriesQuery: x\n", "  metricsQuery: y\n", "-\n",
		"  metricsQuery: |\n    x\n", "    # promadapter_rule a end\n", "# c\n", "\n", "  # c\n", "  seriesQuery: \"x\n", "# promadapter_rule b begin\"\n",
		"# promadapter_rule a begin\n", "# promadapter_rule a end\n", "...\n", "  metricsQuery: >+\n    x\n\n", "- &x {}\n", "- *x\n", "--- # d\n", "last: |\n  x",
	}
	accepted := 0
	var build func(text string, left int)
	build = func(text string, left int) {
		expectAdopted(t, text, Selector{Kind: rule.KindCustom})
		if expectRoundTrip(t, text, entry("a")) {
			accepted++
		}
		for _, part := range parts {
			if left > 0 && !strings.HasSuffix(text, "last: |\n  x") {
				build(text+part, left-1)
			}
		}
	}
	build("", 3)
	if accepted < 100 {
		t.Errorf("only %d texts were accepted: the test no longer tests anything", accepted)
	}
}

// expectRoundTrip puts a rule and deletes it again; it reports whether the text was accepted.
func expectRoundTrip(t *testing.T, text string, e Entry) bool {
	t.Helper()
	put, err := put(text, e)
	if err != nil {
		return false
	}
	if got, err := get(put, "a"); err != nil || !got.Rule.Equal(e.Rule) || got.Kind != e.Kind {
		t.Errorf("Get gave %+v, %v from %q", got, err, put)
	}
	expectForeignKept(t, text, put, 1)
	deleted, err := remove(put, "a")
	if err != nil {
		t.Fatalf("cannot delete what was put: %v, from %q", err, put)
	}
	expectForeignKept(t, text, deleted, 0)
	if deleted != text && !strings.Contains(text, markerWord) {
		t.Errorf("create and delete left %q of %q, by way of %q", deleted, text, put)
	}
	if before, after := foreignLines(text), foreignLines(deleted); !isSubsequence(before, after) {
		t.Errorf("lines got lost: %q became %q", before, after)
	}
	return true
}

// expectForeignKept compares all values but those of our rule, of which there is one afterwards if added is 1.
func expectForeignKept(t *testing.T, before, after string, added int) {
	t.Helper()
	b, bRules := values(t, before)
	a, aRules := values(t, after)
	had := 0
	if strings.Contains(before, markerWord) {
		had = 1 // it may have had our rule already, which was then replaced
	}
	if !reflect.DeepEqual(b, a) || !slices.ContainsFunc(without(bRules, had), func(kept []string) bool {
		return slices.ContainsFunc(without(aRules, added), func(list []string) bool { return slices.Equal(list, kept) })
	}) {
		t.Errorf("foreign content changed\nfrom %q: %v %q\n  to %q: %v %q", before, b, bRules, after, a, aRules)
	}
	if _, err := config.FromYAML([]byte(before)); err == nil {
		if _, err := config.FromYAML([]byte(after)); err != nil {
			t.Errorf("the adapter refuses %q: %v", after, err)
		}
	}
}

// without returns the list as it is and, if n is 1, with each one of its elements left out.
func without(list []string, n int) [][]string {
	lists := [][]string{list}
	for i := range list {
		if n == 1 {
			lists = append(lists, slices.Delete(slices.Clone(list), i, i+1))
		}
	}
	return lists
}

// values reads a text without any knowledge of markers: the rules of both lists, and everything else by key.
func values(t *testing.T, text string) (others map[string]string, rules []string) {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatalf("not YAML: %v: %q", err, text)
	}
	others = map[string]string{}
	if len(root.Content) == 0 || root.Content[0].Kind != yaml.MappingNode {
		return others, nil
	}
	content := root.Content[0].Content
	for _, section := range []string{"rules", "externalRules"} {
		for i := 0; i+1 < len(content); i += 2 {
			if content[i].Value == section {
				for _, item := range content[i+1].Content {
					rules = append(rules, section+flat(item))
				}
			} else if content[i].Value != "rules" && content[i].Value != "externalRules" {
				others[content[i].Value] = flat(content[i+1])
			}
		}
	}
	return others, rules
}

func flat(node *yaml.Node) string {
	var b strings.Builder
	walk(node, func(n *yaml.Node) { b.WriteString(n.ShortTag() + "\x00" + n.Value + "\x01") })
	return b.String()
}

// foreignLines returns the lines that an edit must not touch. Keys of the two lists change with their value.
func foreignLines(text string) []string {
	var out []string
	ours := false
	for _, line := range splitLines(text) {
		if originPattern.MatchString(line) {
			continue
		}
		if markerPattern.MatchString(line) {
			ours = strings.Contains(line, "begin")
			continue
		}
		trimmed := strings.TrimSpace(line)
		if !ours && trimmed != "" && !strings.Contains(trimmed, "ules") && trimmed != "{}" && trimmed != "~" && trimmed != "null" {
			out = append(out, trimmed)
		}
	}
	return out
}

func isSubsequence(short, long []string) bool {
	for _, line := range short {
		i := slices.Index(long, line)
		if i < 0 {
			return false
		}
		long = long[i+1:]
	}
	return true
}
