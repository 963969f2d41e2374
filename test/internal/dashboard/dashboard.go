// SPDX-License-Identifier: Apache-2.0

// Package dashboard reads the queries of a Grafana dashboard, so that they can
// run without Grafana.
package dashboard

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Query is a query to Prometheus, and where the dashboard has it.
type Query struct {
	Row        string // title of the row that the panel is in; the first panels are in none
	Where      string // title of the panel, or name of the variable
	Expression string
}

// Read returns the queries of all panels and variables of the dashboard in a file.
// A variable offers the values of one label; its query here returns a series for
// each. Each $name and ${name} is replaced by its value in values; a name without
// a value is an error.
func Read(path string, values map[string]string) ([]Query, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a dashboard: %w", err)
	}
	var document struct {
		Templating struct {
			List []struct {
				Name, Type string
				Query      json.RawMessage // a text, or an object for queries
			}
		}
		Panels []struct {
			Type    string
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("reading the dashboard %s: %w", path, err)
	}
	var queries []Query
	for _, variable := range document.Templating.List {
		if variable.Type != "query" {
			continue
		}
		var query struct{ Query string }
		if err := json.Unmarshal(variable.Query, &query); err != nil {
			return nil, fmt.Errorf("reading the dashboard %s: variable %s: %w", path, variable.Name, err)
		}
		parts := labelValues.FindStringSubmatch(query.Query)
		if parts == nil {
			return nil, fmt.Errorf("reading the dashboard %s: variable %s: the query is %q, want label_values(metric, label)", path, variable.Name, query.Query)
		}
		queries = append(queries, Query{"", variable.Name, fmt.Sprintf("group by (%s) (%s)", parts[2], parts[1])})
	}
	row := ""
	for _, panel := range document.Panels {
		if panel.Type == "row" {
			row = panel.Title
		}
		for _, target := range panel.Targets {
			queries = append(queries, Query{row, panel.Title, target.Expr})
		}
	}
	for i, query := range queries {
		if queries[i].Expression, err = replace(query.Expression, values); err != nil {
			return nil, fmt.Errorf("reading the dashboard %s: %s: %w", path, query.Where, err)
		}
	}
	return queries, nil
}

var (
	labelValues = regexp.MustCompile(`^label_values\((.*), *(\w+)\)$`)
	reference   = regexp.MustCompile(`\$(?:\{(\w+)\}|(\w+))`)
)

func replace(expression string, values map[string]string) (string, error) {
	var missing []string
	replaced := reference.ReplaceAllStringFunc(expression, func(found string) string {
		name := strings.Trim(found, "${}")
		value, ok := values[name]
		if !ok {
			missing = append(missing, found)
		}
		return value
	})
	if len(missing) > 0 {
		return "", fmt.Errorf("%s: there is no value for %s", expression, strings.Join(missing, ", "))
	}
	return replaced, nil
}
