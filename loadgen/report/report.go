// SPDX-License-Identifier: Apache-2.0

// Package report presents the results of load runs: one HTML file per run or
// per pair of runs, and the differences between two runs as values.
//
//	err := report.Write(file, document, repeat)     // one run
//	err := report.WriteCompare(file, a, b, repeat)  // two runs overlaid
//	differences := report.Compare(a, b)             // the numbers, String for a terminal
//
// A file contains its data, style and script and loads nothing else, so it
// opens offline. A content security policy with hashes ensures that only its
// own script runs. Summary and tables need no script.
package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

//go:embed assets
var assets embed.FS

// scripts in the order of their dependencies.
var scripts = []string{"scale.js", "path.js", "chart.js", "charts.js", "export.js", "view.js", "main.js"}

// page is what the template shows.
type page struct {
	Kind, Title, Where string
	Lead, Warnings     []string
	Figures            []figure
	Differences        []differenceRow
	DifferencesNote    string
	NoCluster          string
	Sections           []section
	Footer             string
	Data               chartData

	Policy string
	Style  template.CSS
	Script template.JS
}

// figure is one of the numbers at the top.
type figure struct{ Name, Value, Unit, Note string }

// section is a heading with any of the other fields.
type section struct {
	Title, Text string
	Wide        bool
	Table       *table
	Facts       []fact
	Command     *command
	Events      []eventRow
	Note        string
}

type table struct {
	Caption     string
	Head        []string
	TextColumns map[int]bool // columns of words instead of numbers
	Rows        [][]string
}

type fact struct{ Name, Value string }

type command struct{ ID, Text string }

type eventRow struct {
	Second                        int
	Time, Reason, Message, Object string
	Warning                       bool
}

// Repeat returns the command line that sends the requests of a run again, or one
// for each generator; empty if there is none.
type Repeat func(*result.Document) string

// Write writes the report of one run as a single HTML file. It fails only when w
// does.
func Write(w io.Writer, document *result.Document, repeat Repeat) error {
	p := page{Kind: "loadgen report", Data: newChartData(document)}
	describe(&p, document, repeat(document))
	if err := render(w, p); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func render(w io.Writer, p page) error {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return err
	}
	var script strings.Builder
	script.WriteString("(() => {\n'use strict';\n")
	for _, name := range scripts {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			return err
		}
		script.Write(text)
	}
	script.WriteString("})();\n")
	p.Style, p.Script = template.CSS(style), template.JS(script.String())
	// Only the style and the script of this package are allowed, and no
	// addresses: a name or a message in the data cannot become more than text.
	p.Policy = fmt.Sprintf("default-src 'none'; img-src data: blob:; style-src '%s'; script-src '%s'", hash(style), hash([]byte(p.Script)))
	p.Data.Title, p.Data.Subtitle = p.Title, p.Where
	parsed, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		return err
	}
	return parsed.Execute(w, p)
}

// hash names an inline style or script in a content security policy.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
