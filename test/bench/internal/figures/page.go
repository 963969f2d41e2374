// SPDX-License-Identifier: Apache-2.0

// Package figures is what benchmarks have in common in showing their results:
// quantiles, the machine they were measured on, and tables inside a page that
// people write.
package figures

import (
	"fmt"
	"os"
	"strings"
)

const (
	begin = "<!-- begin: measured -->"
	end   = "<!-- end: measured -->"
)

// CheckPage returns an error unless a page has the two markers between which
// tables go.
func CheckPage(file string) error {
	_, _, err := around(file)
	return err
}

// UpdatePage puts text between the markers of a page.
func UpdatePage(file, text string) error {
	before, after, err := around(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(before+begin+"\n\n"+strings.TrimSpace(text)+"\n\n"+end+after), 0o644); err != nil {
		return fmt.Errorf("writing the tables: %w", err)
	}
	return nil
}

func around(file string) (before, after string, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("reading the page for the tables: %w", err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	_, after, foundEnd := strings.Cut(rest, end)
	if !found || !foundEnd {
		return "", "", fmt.Errorf("%s: want the lines %q and %q, between which the tables go", file, begin, end)
	}
	return before, after, nil
}
