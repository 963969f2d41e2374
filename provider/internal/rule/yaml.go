// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// ErrInvalidText is returned for a string that YAML cannot carry.
var ErrInvalidText = errors.New("not valid UTF-8 text")

// Marshal returns the rule as one item of a YAML list, without indentation and with a line feed after each line:
// the first line begins with "- ", the others with two spaces.
func Marshal(r Rule) (string, error) {
	var node yaml.Node
	if err := node.Encode(r); err != nil {
		return "", fmt.Errorf("cannot write rule as YAML: %w", err)
	}
	if err := keepOnOneLine(&node); err != nil {
		return "", err
	}

	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(&node); err != nil {
		return "", fmt.Errorf("cannot write rule as YAML: %w", err)
	}
	if err := enc.Close(); err != nil {
		return "", fmt.Errorf("cannot write rule as YAML: %w", err)
	}

	text := strings.TrimSuffix(buf.String(), "\n")
	return "- " + strings.ReplaceAll(text, "\n", "\n  ") + "\n", nil
}

// keepOnOneLine makes the encoder escape line breaks and other unprintable characters. Text that spans lines depends on its
// indentation, and its lines could look like comments: neither is safe in a file that is edited by line.
func keepOnOneLine(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!binary" {
		return fmt.Errorf("cannot write rule as YAML: %w", ErrInvalidText)
	}
	if node.Kind == yaml.ScalarNode && strings.ContainsFunc(node.Value, func(c rune) bool { return !unicode.IsPrint(c) }) {
		node.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		if err := keepOnOneLine(child); err != nil {
			return err
		}
	}
	return nil
}

// Parse reads a YAML list of one rule, at any indentation. Like the adapter it is strict: an unknown key is an error.
func Parse(list string) (Rule, error) {
	cfg, err := config.FromYAML([]byte("rules:\n" + list))
	if err != nil {
		return Rule{}, err
	}
	if len(cfg.Rules) != 1 {
		return Rule{}, fmt.Errorf("expected one rule, found %d", len(cfg.Rules))
	}
	return FromAdapter(cfg.Rules[0]), nil
}
