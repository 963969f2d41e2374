// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tableRule is one rule of testdata with the comment above it.
type tableRule struct {
	name     string
	judged   string // error, type error, argument error, warning or none
	at       string // path of the attribute
	message  string // a part of it
	text     string // the resource block
	cluster  bool   // what is right or wrong depends on the resources that a cluster has
	document string // file in testdata
}

var (
	judgement = regexp.MustCompile(`^# (error|type error|argument error|warning|none) at (\S+): (.+)$`)
	blockName = regexp.MustCompile(`^resource "promadapter_rule" "(\w+)" \{$`)
)

// readTable reads the rules of a folder of testdata.
func readTable(t *testing.T, dir string) []tableRule {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata/%s: %v", dir, err)
	}
	var rules []tableRule
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rule, inside := tableRule{document: file}, false
		for line := range strings.Lines(string(text)) {
			line = strings.TrimRight(line, "\n")
			if m := judgement.FindStringSubmatch(line); m != nil {
				rule.judged, rule.at, rule.message = m[1], m[2], m[3]
			}
			rule.cluster = rule.cluster || line == "# the cluster decides"
			if m := blockName.FindStringSubmatch(line); m != nil {
				rule.name, inside = m[1], true
			}
			if !inside {
				continue
			}
			rule.text += line + "\n"
			if line == "}" {
				if rule.judged == "" {
					t.Fatalf("%s: the rule %q has no comment that says how it is judged", file, rule.name)
				}
				rules = append(rules, rule)
				rule, inside = tableRule{document: file}, false
			}
		}
	}
	return rules
}

// oneLine undoes the line breaks that Terraform puts into long texts.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// For rules that are wrong in one way, as people write them, Terraform gives an error or a warning that names the attribute and the
// remedy. For similar sound rules it does not. There is no cluster.
func TestRule_table(t *testing.T) {
	t.Parallel()
	bad, good := readTable(t, "bad_rules"), readTable(t, "good_rules")
	if len(bad) < 60 {
		t.Errorf("%d bad rules, want at least 60", len(bad))
	}
	refused := map[string]string{"provider.tf": providerBlock(nowhere)}
	accepted := map[string]string{"provider.tf": providerBlock(nowhere)}
	for _, r := range append(bad, good...) {
		files := refused
		if r.judged == "warning" || r.judged == "none" {
			files = accepted
		}
		if _, ok := files[r.name+".tf"]; ok {
			t.Fatalf("two rules are called %q", r.name)
		}
		files[r.name+".tf"] = r.text
	}
	found := map[string][]diagnostic{}
	for _, d := range newTerraformRun(t, refused).validate(t) {
		found[d.Range.Filename] = append(found[d.Range.Filename], d)
	}
	for _, d := range newTerraformRun(t, accepted).plan(t) {
		if !slices.Contains(found[d.Range.Filename], d) { // Terraform validates twice for a plan
			found[d.Range.Filename] = append(found[d.Range.Filename], d)
		}
	}
	if len(found[""]) > 0 || len(found["provider.tf"]) > 0 {
		t.Fatalf("problems outside the rules: %+v %+v", found[""], found["provider.tf"])
	}
	for _, r := range append(bad, good...) {
		t.Run(r.name, func(t *testing.T) { r.check(t, found[r.name+".tf"]) })
	}
}

func (r tableRule) check(t *testing.T, found []diagnostic) {
	t.Helper()
	if r.judged == "none" {
		if len(found) > 0 {
			t.Errorf("%s: nothing is wrong, but got %+v", r.document, found)
		}
		return
	}
	if len(found) != 1 {
		t.Fatalf("%s: got %d diagnostics, want 1: %+v", r.document, len(found), found)
	}
	d := found[0]
	severity := r.judged
	if severity != "warning" {
		severity = "error"
	}
	if d.Severity != severity {
		t.Errorf("got severity %q, want %q", d.Severity, severity)
	}
	text := oneLine(d.Summary + ": " + d.Detail)
	for _, part := range []string{r.at, r.message} {
		if !strings.Contains(text, oneLine(part)) {
			t.Errorf("%s: the message lacks %q: %s", r.document, part, text)
		}
	}
}
