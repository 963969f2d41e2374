// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"strings"
)

// Field is a part of a rule whose value is either fully known or unknown while Terraform plans.
type Field string

// The fields of a rule, by the name of their Terraform attribute.
const (
	FieldSeriesQuery   Field = "series_query"
	FieldSeriesFilters Field = "series_filters"
	FieldResources     Field = "resources"
	FieldMetricName    Field = "metric_name"
	FieldMetricsQuery  Field = "metrics_query"
)

// Step is one step below a Field: an attribute (Attr), an element of a list (Index) or an element of a map (Key).
type Step any

// The kinds of Step.
type (
	Attr  string
	Index int
	Key   string
)

// Problem is one finding about a rule that a person can act on.
type Problem struct {
	Field   Field
	Steps   []Step
	Warning bool   // the adapter accepts the rule, but its metric misleads
	Summary string // a short line
	Detail  string // the value, what is wrong with it and what to write instead
}

// Path returns where the problem is, as written in Terraform, for example series_filters[0].is.
func (p Problem) Path() string {
	var b strings.Builder
	b.WriteString(string(p.Field))
	for _, s := range p.Steps {
		switch s := s.(type) {
		case Attr:
			fmt.Fprintf(&b, ".%s", string(s))
		case Index:
			fmt.Fprintf(&b, "[%d]", int(s))
		case Key:
			fmt.Fprintf(&b, "[%q]", string(s))
		}
	}
	return b.String()
}

// Error returns the problem in one line.
func (p Problem) Error() string { return fmt.Sprintf("%s: %s: %s", p.Path(), p.Summary, p.Detail) }

// problems collects findings.
type problems []Problem

func (ps *problems) fail(field Field, steps []Step, summary, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Steps: steps, Summary: summary, Detail: fmt.Sprintf(format, args...)})
}

func (ps *problems) warn(field Field, steps []Step, summary, format string, args ...any) {
	*ps = append(*ps, Problem{Field: field, Steps: steps, Warning: true, Summary: summary, Detail: fmt.Sprintf(format, args...)})
}
