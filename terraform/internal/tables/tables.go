// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Tables returns the inputs of a module, required ones first, and its outputs,
// otherwise in the order of the files.
func Tables(dir string) (string, error) {
	variables, err := blocks(filepath.Join(dir, "variables.tf"), "variable")
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(variables, func(a, b block) int { return order(a) - order(b) })
	outputs, err := blocks(filepath.Join(dir, "outputs.tf"), "output")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("## Inputs\n\n| Name | Description | Type | Default |\n| --- | --- | --- | --- |\n")
	for _, v := range variables {
		value := "required"
		if v.value != "" {
			value = code(v.value)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", v.name, cell(v.description), code(v.kind), value)
	}
	b.WriteString("\n## Outputs\n\n| Name | Description |\n| --- | --- |\n")
	for _, o := range outputs {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.name, cell(o.description))
	}
	return b.String(), nil
}

// block is a variable or an output; type and default are as they are written.
type block struct {
	name, description, kind, value string
}

func order(v block) int {
	if v.value == "" {
		return 0
	}
	return 1
}

func blocks(file, kind string) ([]block, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the %ss: %w", kind, err)
	}
	parsed, diagnostics := hclsyntax.ParseConfig(source, file, hcl.InitialPos)
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("reading the %ss: %w", kind, diagnostics)
	}
	var found []block
	for _, b := range parsed.Body.(*hclsyntax.Body).Blocks {
		if b.Type != kind {
			continue
		}
		text := func(name string) string {
			attribute, ok := b.Body.Attributes[name]
			if !ok {
				return ""
			}
			return string(attribute.Expr.Range().SliceBytes(source))
		}
		description, ok := b.Body.Attributes["description"]
		if !ok {
			return nil, fmt.Errorf("%s: %s %q has no description", file, kind, b.Labels[0])
		}
		value, diagnostics := description.Expr.Value(nil)
		if diagnostics.HasErrors() {
			return nil, fmt.Errorf("%s: the description of %q: %w", file, b.Labels[0], diagnostics)
		}
		found = append(found, block{name: b.Labels[0], description: value.AsString(), kind: line(text("type")), value: line(text("default"))})
	}
	return found, nil
}

// line brings an expression that spans lines onto one, as one would write it
// there.
func line(expression string) string {
	var parts []string
	for _, part := range strings.Split(expression, "\n") {
		parts = append(parts, strings.Join(strings.Fields(part), " "))
	}
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(part)
		if i == len(parts)-1 {
			break
		}
		last, next := part[max(0, len(part)-1):], parts[i+1]
		switch {
		case last == "{" && strings.HasPrefix(next, "}"):
		case last == "(" || strings.HasPrefix(next, ")"):
		case last == "," || last == "{" || last == "[" || strings.HasPrefix(next, "]") && last != "":
			b.WriteString(" ")
		case strings.HasPrefix(next, "}"):
			b.WriteString(" ")
		default:
			b.WriteString(", ")
		}
	}
	return strings.NewReplacer(", ]", " ]", ",]", "]").Replace(b.String())
}

// code is a cell in code style; a bar would end it.
func code(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
