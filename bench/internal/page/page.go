// SPDX-License-Identifier: Apache-2.0

// Package page writes the results of a benchmark into a Markdown page.
package page

import (
	"fmt"
	"os"
	"strings"
)

// Table returns a Markdown table. Its first column is aligned to the left, the
// others to the right, as numbers are. A row that is shorter than the heading is
// filled with empty cells.
func Table(heading []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(heading)
	rule := make([]string, len(heading))
	for i := range rule {
		rule[i] = "---:"
	}
	if len(rule) > 0 {
		rule[0] = "---"
	}
	line(rule)
	for _, row := range rows {
		cells := make([]string, len(heading))
		copy(cells, row)
		line(cells)
	}
	return b.String()
}

// Markers returns the two lines between which a page has the output of the named
// command, such as "make bench-scale".
func Markers(command string) (begin, end string) {
	return "<!-- begin: " + command + " -->", "<!-- end: " + command + " -->"
}

// Check returns an error unless the file has both markers. Call it before measuring:
// afterwards it would be too late.
func Check(file, command string) error {
	_, _, err := around(file, command)
	return err
}

// Replace puts text between the two markers of the file, and leaves the rest as
// it is.
func Replace(file, command, text string) error {
	before, after, err := around(file, command)
	if err != nil {
		return err
	}
	begin, end := Markers(command)
	whole := before + begin + "\n\n" + strings.TrimSpace(text) + "\n\n" + end + after
	if err := os.WriteFile(file, []byte(whole), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

func around(file, command string) (before, after string, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("reading the page for the results: %w", err)
	}
	begin, end := Markers(command)
	before, rest, found := strings.Cut(string(content), begin)
	_, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		return "", "", fmt.Errorf("page %q lacks the lines %q and %q, between which the results belong", file, begin, end)
	}
	return before, after, nil
}
