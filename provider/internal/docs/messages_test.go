// SPDX-License-Identifier: Apache-2.0

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The guide to troubleshooting has every message that the provider can give, by its first line.
func TestEveryMessageIsExplained(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(providerDir, "templates", "guides", "troubleshooting.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, dir := range []string{"provider", "rule"} {
		files, err := filepath.Glob(filepath.Join(providerDir, "internal", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				found = append(found, summaries(t, file)...)
			}
		}
	}
	if len(found) < 50 {
		t.Errorf("only %d messages were found in the source: the test looks in the wrong place", len(found))
	}
	slices.Sort(found)
	for _, summary := range slices.Compact(found) {
		if !strings.Contains(string(guide), strings.TrimSpace(summary)) {
			t.Errorf("the guide to troubleshooting does not have the message %q", summary)
		}
	}
}

// summaryAt says which argument of a function is the first line of a message.
var summaryAt = map[string]int{
	"fail": 2, "warn": 2, // of a rule's problems
	"AddError": 0, "AddWarning": 0, "NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0,
	"AddAttributeError": 1, "AddAttributeWarning": 1, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
	"goneDiagnostic": 1, "newTextValidator": 1,
}

// summaries returns the first lines of messages in a Go file, as far as they are literals.
func summaries(t *testing.T, path string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	literal := func(e ast.Expr) {
		if sum, ok := e.(*ast.BinaryExpr); ok {
			e = sum.X // the rest is known only at run time
		}
		if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
			if text, err := strconv.Unquote(l.Value); err == nil && text != "" {
				found = append(found, text)
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CallExpr:
			name := ""
			switch f := node.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			if at, ok := summaryAt[name]; ok && at < len(node.Args) {
				literal(node.Args[at])
			}
		case *ast.KeyValueExpr: // of the table of reasons why a metric is not served
			if key, ok := node.Key.(*ast.SelectorExpr); ok && strings.HasPrefix(key.Sel.Name, "Reason") {
				if value, ok := node.Value.(*ast.CompositeLit); ok && len(value.Elts) == 2 {
					literal(value.Elts[1])
				}
			}
		}
		return true
	})
	return found
}
