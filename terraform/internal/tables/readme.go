// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What stands between these lines of a README is made here.
const (
	begin = "<!-- BEGIN TABLES -->\n"
	end   = "<!-- END TABLES -->\n"
)

func readme(dir string) string { return filepath.Join(dir, "README.md") }

// Folders returns the modules and root configurations below the folder.
func Folders(root string) ([]string, error) {
	var dirs []string
	for _, kind := range []string{"modules", "environments"} {
		found, err := filepath.Glob(filepath.Join(root, kind, "*", "variables.tf"))
		if err != nil {
			return nil, fmt.Errorf("looking for modules: %w", err)
		}
		for _, file := range found {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	if len(dirs) == 0 {
		return nil, fmt.Errorf("there is no module in %s: name the folder that holds modules and environments", root)
	}
	return dirs, nil
}

// README returns the text of a module's README, and what it should be.
func README(dir string) (old, fresh string, err error) {
	data, err := os.ReadFile(readme(dir))
	if err != nil {
		return "", "", fmt.Errorf("reading the README of %s: %w", dir, err)
	}
	old = string(data)
	before, rest, found := strings.Cut(old, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", fmt.Errorf("%s has no lines %q and %q to put the tables between", readme(dir), strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	tables, err := Tables(dir)
	if err != nil {
		return "", "", err
	}
	return old, before + begin + "\n" + tables + "\n" + end + after, nil
}
