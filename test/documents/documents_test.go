// SPDX-License-Identifier: Apache-2.0

// Package documents keeps the documentation true where a program can: every link
// leads somewhere, and every table that lists a part of this repository lists all
// of it and nothing else.
package documents

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	table "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// root is the folder of the repository.
const root = "../.."

// notOurs are folders that hold only what programs generate.
var notOurs = []string{".git", ".terraform", "demo"}

// files returns the slash-separated paths of all files below the root.
func files(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.IsDir():
			found = append(found, name)
		default:
			for _, other := range notOurs {
				if path.Base(name) == other {
					return fs.SkipDir
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("listing the repository: %v", err)
	}
	return found
}

// content returns a file of the repository.
func content(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// page is a Markdown file.
type page struct {
	source []byte
	nodes  ast.Node
}

func parse(t *testing.T, name string) page {
	t.Helper()
	return parseText(content(t, name))
}

func parseText(source []byte) page {
	return page{source, goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))}
}

// each calls visit with every node below and including from, in the order of the page.
func each(from ast.Node, visit func(ast.Node)) {
	_ = ast.Walk(from, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // visit has no error to return
		if entering {
			visit(n)
		}
		return ast.WalkContinue, nil
	})
}

// words returns the text of a node without its markup.
func (p page) words(of ast.Node) string {
	var b strings.Builder
	each(of, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(p.source))
		case *ast.String:
			b.Write(n.Value)
		}
	})
	return b.String()
}

// firstCells returns the first cell of each row of the table under a heading whose
// first column has the given name.
func (p page) firstCells(t *testing.T, heading, column string) (cells []ast.Node) {
	t.Helper()
	under := ""
	each(p.nodes, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Heading:
			under = p.words(n)
		case *table.Table:
			if under == heading && p.words(n.FirstChild().FirstChild()) == column {
				for row := n.FirstChild().NextSibling(); row != nil; row = row.NextSibling() {
					cells = append(cells, row.FirstChild())
				}
			}
		}
	})
	if len(cells) == 0 {
		t.Fatalf("there is no table with the column %q under %q", column, heading)
	}
	return cells
}

// codes returns what is written as code in the first column of a table.
func (p page) codes(t *testing.T, heading, column string) (codes []string) {
	t.Helper()
	for _, cell := range p.firstCells(t, heading, column) {
		each(cell, func(n ast.Node) {
			if code, ok := n.(*ast.CodeSpan); ok {
				codes = append(codes, p.words(code))
			}
		})
	}
	return codes
}

// targets returns what the links in the first column of a table lead to.
func (p page) targets(t *testing.T, heading, column string) (targets []string) {
	t.Helper()
	for _, cell := range p.firstCells(t, heading, column) {
		each(cell, func(n ast.Node) {
			if link, ok := n.(*ast.Link); ok {
				targets = append(targets, string(link.Destination))
			}
		})
	}
	return targets
}
