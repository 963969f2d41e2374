// SPDX-License-Identifier: Apache-2.0

package documents

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
)

var (
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{M}\p{Nd}\p{Pc}\- ]`)
	anchorInHTML = regexp.MustCompile(`\bid="([^"]+)"`)
	linkInHTML   = regexp.MustCompile(`\b(?:src|href)="([^"]+)"`)
	// pageInCode is a page that a comment or a message names from the root.
	pageInCode = regexp.MustCompile(`(?:^|[^\w./-])((?:activator|adapter|docs|kind|loadgen|provider|terraform|test)/[\w./-]*\.md(?:#[\w-]+)?)`)
)

// anchors returns the anchors of a page, as GitHub makes them of its headings.
func (p page) anchors() (anchors []string) {
	seen := map[string]int{}
	each(p.nodes, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Heading:
			name := strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(p.words(n)), ""), " ", "-")
			if again := seen[name]; again > 0 {
				anchors = append(anchors, fmt.Sprintf("%s-%d", name, again))
			} else {
				anchors = append(anchors, name)
			}
			seen[name]++
		case *ast.RawHTML, *ast.HTMLBlock:
			for _, match := range anchorInHTML.FindAllStringSubmatch(p.html(n), -1) {
				anchors = append(anchors, match[1])
			}
		}
	})
	return anchors
}

func (p page) html(of ast.Node) string {
	switch of := of.(type) {
	case *ast.RawHTML:
		return string(of.Segments.Value(p.source))
	case *ast.HTMLBlock:
		return string(of.Lines().Value(p.source))
	}
	return ""
}

// links returns what a page links to and shows.
func (p page) links() (links []string) {
	each(p.nodes, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Link:
			links = append(links, string(n.Destination))
		case *ast.Image:
			links = append(links, string(n.Destination))
		case *ast.RawHTML, *ast.HTMLBlock:
			for _, match := range linkInHTML.FindAllStringSubmatch(p.html(n), -1) {
				links = append(links, match[1])
			}
		}
	})
	return links
}

// TestLinksLeadSomewhere wants a file or folder behind every relative link, a
// heading behind every anchor, and the pages that code names.
func TestLinksLeadSomewhere(t *testing.T) {
	there, anchors := map[string]bool{".": true}, map[string][]string{}
	pages, all := map[string]page{}, files(t)
	for _, name := range all {
		for at := name; at != "."; at = path.Dir(at) {
			there[at] = true
		}
		if path.Ext(name) == ".md" {
			pages[name] = parse(t, name)
			anchors[name] = pages[name].anchors()
		}
	}
	check := func(from, link, target, anchor string) {
		if readme := path.Join(target, "README.md"); anchor != "" && there[readme] { // GitHub shows it below a folder's list
			target = readme
		}
		if !there[target] {
			t.Errorf("%s: the link %s leads nowhere", from, link)
		} else if anchor != "" && !slices.Contains(anchors[target], anchor) {
			t.Errorf("%s: %s has no heading for the anchor of %s", from, target, link)
		}
	}
	for from, p := range pages {
		for _, link := range p.links() {
			to, err := url.Parse(link)
			switch {
			case err != nil:
				t.Errorf("%s: the link %s cannot be read: %v", from, link, err)
			case to.Scheme != "" || to.Host != "":
			case to.Path == "":
				check(from, link, from, to.Fragment)
			default:
				check(from, link, path.Join(path.Dir(from), to.Path), to.Fragment)
			}
		}
	}
	for _, name := range all {
		if !slices.Contains([]string{".go", ".tf", ".hcl", ".sh", ".yaml", ".tpl"}, path.Ext(name)) && name != "Makefile" {
			continue
		}
		for _, match := range pageInCode.FindAllStringSubmatch(string(content(t, name)), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			check(name, match[1], target, anchor)
		}
	}
}

func TestAnchors(t *testing.T) {
	for heading, want := range map[string]string{
		"What `up` does":                "what-up-does",
		"1. Which series: `a_b`":        "1-which-series-a_b",
		"A, b: “c” – d?":                "a-b-c--d",
		"Übersicht [of](https://x) *y*": "übersicht-of-y",
	} {
		t.Run(want, func(t *testing.T) {
			p := parseText([]byte("# " + heading + "\n\n# " + heading + "\n"))
			if got := p.anchors(); !slices.Equal(got, []string{want, want + "-1"}) {
				t.Errorf("%q has the anchors %q, want %q and the same with -1", heading, got, want)
			}
		})
	}
}
