// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// standInPage is what a person sees of Prometheus where its web interface cannot
// be built.
const standInPage = "kind/images/prometheus/index.html"

// windowMark is where the page takes the rate window of its query.
const windowMark = "${rate_window_seconds}"

// standIn returns the page, with the rate window that the environment has unless
// told otherwise.
func (s *Supply) standIn() (string, error) {
	page, err := os.ReadFile(filepath.Join(s.Root, standInPage))
	if err != nil {
		return "", fmt.Errorf("reading the page of Prometheus: %w", err)
	}
	window, err := defaultNumber(filepath.Join(s.Root, "terraform", "environments", "kind", "variables.tf"), "rate_window_seconds")
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(string(page), windowMark, window), nil
}

// defaultNumber returns the default of a variable in a file of Terraform's
// language.
func defaultNumber(path, variable string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the default of %s: %w", variable, err)
	}
	file, problems := hclsyntax.ParseConfig(data, path, hcl.InitialPos)
	if problems.HasErrors() {
		return "", fmt.Errorf("reading the default of %s: %w", variable, problems)
	}
	for _, block := range file.Body.(*hclsyntax.Body).Blocks {
		attribute := block.Body.Attributes["default"]
		if block.Type != "variable" || !slices.Equal(block.Labels, []string{variable}) || attribute == nil {
			continue
		}
		var number float64
		if problems := gohcl.DecodeExpression(attribute.Expr, nil, &number); problems.HasErrors() {
			return "", fmt.Errorf("reading the default of %s: %w", variable, problems)
		}
		return strconv.FormatFloat(number, 'f', -1, 64), nil
	}
	return "", fmt.Errorf("%s has no variable %q with a default", path, variable)
}
