// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The READMEs say what the modules take and give.
func TestTablesAreCurrent(t *testing.T) {
	dirs, err := Folders(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			old, fresh, err := README(dir)
			if err != nil {
				t.Fatal(err)
			}
			if old != fresh {
				t.Errorf("the tables of %s are out of date: run make terraform-docs", dir)
			}
		})
	}
}

func module(t *testing.T, variables, readmeText string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"variables.tf": variables,
		"outputs.tf":   "output \"out\" {\n  description = \"What comes out.\"\n  value       = 1\n}\n",
		"README.md":    readmeText,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestREADME(t *testing.T) {
	dir := module(t, `
variable "color" {
  description = "One of \"red\" | \"blue\"."
  type        = string
  default     = "red"
}
variable "policies" {
  description = "Several."
  type = list(object({
    type  = string
    value = optional(number)
  }))
}
variable "list" {
  description = "A list."
  type        = list(number)
  default = [
    1,
    2,
  ]
}
`, "before\n"+begin+"old\n"+end+"after\n")
	_, fresh, err := README(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := "before\n" + begin + `
## Inputs

| Name | Description | Type | Default |
| --- | --- | --- | --- |
` + "| `policies` | Several. | `list(object({ type = string, value = optional(number) }))` | required |\n" +
		"| `color` | One of \"red\" \\| \"blue\". | `string` | `\"red\"` |\n" +
		"| `list` | A list. | `list(number)` | `[ 1, 2 ]` |\n" + `
## Outputs

| Name | Description |
| --- | --- |
` + "| `out` | What comes out. |\n\n" + end + "after\n"
	if fresh != want {
		t.Errorf("README is\n%s\nwant\n%s", fresh, want)
	}
}

func TestProblemsAreNamed(t *testing.T) {
	for _, c := range []struct{ name, variables, readme, want string }{
		{"no description", "variable \"x\" {}\n", begin + end, `variable "x" has no description`},
		{"no place for the tables", "", "text\n", "BEGIN TABLES"},
		{"not HCL", "variable {", begin + end, "variables.tf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := README(module(t, c.variables, c.readme)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}
