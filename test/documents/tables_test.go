// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// same fails the test unless a table lists exactly what is there.
func same(t *testing.T, listed, there []string) {
	t.Helper()
	for _, name := range listed {
		if !slices.Contains(there, name) {
			t.Errorf("the table lists %s, which is not there", name)
		}
	}
	for _, name := range there {
		if !slices.Contains(listed, name) {
			t.Errorf("the table lacks %s", name)
		}
	}
}

// suites returns the test functions of a folder's package: what go test -list prints.
func suites(t *testing.T, dir string) (names []string) {
	t.Helper()
	tests, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names
}

func TestSuitesAreListed(t *testing.T) {
	readme := parse(t, "test/README.md")
	var faults, others []string
	for _, name := range suites(t, "test") {
		if strings.HasPrefix(name, "TestFault") {
			faults = append(faults, name)
		} else {
			others = append(others, name)
		}
	}
	for _, tt := range []struct {
		heading string
		there   []string
	}{
		{"Scenarios", append([]string{"TestFault…"}, others...)},
		{"Faults", faults},
		{"See one fail", append(others, faults...)},
		{"On three nodes", suites(t, "test/nodes")},
		{"From zero", suites(t, "test/wake")},
	} {
		t.Run(tt.heading, func(t *testing.T) { same(t, readme.codes(t, tt.heading, "Test"), tt.there) })
	}
}

// The listed steps of make test are those of its recipe.
func TestStepsAreListed(t *testing.T) {
	recipe := regexp.MustCompile(`(?m)^test: .*\n.*run\.sh (.*)$`).FindSubmatch(content(t, "Makefile"))
	if recipe == nil {
		t.Fatal("the Makefile has no recipe for test that calls run.sh")
	}
	var steps []string
	for step := range strings.FieldsSeq(string(recipe[1])) {
		steps = append(steps, "make "+step)
	}
	same(t, parse(t, "test/README.md").codes(t, "The steps of make test", "Step"), steps)
}

func TestGoModulesAreListed(t *testing.T) {
	var modules []string
	for _, name := range files(t) {
		if path.Base(name) == "go.mod" {
			modules = append(modules, path.Dir(name))
		}
	}
	same(t, parse(t, "ARCHITECTURE.md").codes(t, "The rooms", "Module"), modules)
}

func TestRoomsAreListed(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var rooms []string
	for _, entry := range entries {
		if name := entry.Name(); entry.IsDir() && !strings.HasPrefix(name, ".") && name != "docs" && !slices.Contains(notOurs, name) {
			rooms = append(rooms, name+"/")
		}
	}
	var listed []string
	for _, target := range parse(t, "ARCHITECTURE.md").targets(t, "The rooms", "Room") {
		listed = append(listed, target+"/")
	}
	same(t, listed, rooms)
}

func TestTerraformFoldersAreListed(t *testing.T) {
	var folders []string
	for _, name := range files(t) {
		if ok, _ := path.Match("terraform/*/*/main.tf", name); ok {
			folders = append(folders, strings.TrimPrefix(path.Dir(name), "terraform/"))
		}
	}
	same(t, parse(t, "terraform/README.md").targets(t, "terraform", "Folder"), folders)
}

// Each decision has a status, and is in the list.
func TestDecisionsAreListed(t *testing.T) {
	list := string(content(t, "docs/adr/README.md"))
	form := regexp.MustCompile(`^# (\d+)\. (.+)\n\nStatus: (?:accepted|superseded)\b`)
	for _, name := range files(t) {
		if path.Dir(name) != "docs/adr" || path.Base(name) == "README.md" {
			continue
		}
		match := form.FindStringSubmatch(string(content(t, name)))
		if match == nil {
			t.Errorf("%s does not begin with a numbered title and a line Status: accepted or superseded", name)
			continue
		}
		if line := "\n" + match[1] + ". [" + match[2] + "](" + path.Base(name) + ")\n"; !strings.Contains(list, line) {
			t.Errorf("docs/adr/README.md lacks the line %q", strings.TrimSpace(line))
		}
	}
}
