// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// explainSyntax shortens the parser's list of errors to the first one: the rest follow from it.
func explainSyntax(err error) error {
	var errs parser.ParseErrors
	if errors.As(err, &errs) && len(errs) > 0 {
		return &errs[0]
	}
	return err
}

// delimiterHint names delimiters and fields that belong to something else.
func delimiterHint(query string) string {
	switch {
	case strings.Contains(query, "{{"):
		return " The delimiters {{ and }} are not the adapter's: write <<.Series>>."
	case strings.Contains(query, "$__") || strings.Contains(query, "$interval"):
		return " Variables such as $__rate_interval are Grafana's: write a duration."
	case strings.Contains(query, ".LabelMatchersByName"):
		return " Comments in the adapter's source say .LabelMatchersByName; the field is called .LabelValuesByName."
	}
	return ""
}

// syntaxHint guesses what was meant by a query that is not PromQL.
func (v *validator) syntaxHint(text string, err error) string {
	if hint := delimiterHint(v.rule.MetricsQuery); hint != "" {
		return hint
	}
	message := err.Error()
	opened, closed := strings.Count(text, "("), strings.Count(text, ")")
	switch {
	case strings.Contains(strings.ReplaceAll(v.rule.MetricsQuery, " ", ""), "{,"):
		return " The comma after the opening brace is the mistake: commas go between matchers, as in <<.Series>>{code=\"500\",<<.LabelMatchers>>}."
	case strings.Contains(strings.ReplaceAll(text, " ", ""), "{,"):
		return " For an external metric <<.LabelMatchers>> can be empty, which leaves a comma after the brace: write your own matchers first, as in {code=\"500\",<<.LabelMatchers>>}."
	case unquotedValue.MatchString(text):
		return ` Put the value of a matcher in quotes, in Terraform \"...\".`
	case strings.Contains(v.rule.MetricsQuery, ".LabelMatchers") && !strings.Contains(text, "{"):
		return " Matchers go in braces: <<.Series>>{<<.LabelMatchers>>}."
	case strings.Contains(v.rule.MetricsQuery, "{.") || strings.Contains(v.rule.MetricsQuery, "<.") && !strings.Contains(v.rule.MetricsQuery, "<<."):
		return " A field goes between << and >>, for example <<.LabelMatchers>>."
	case opened != closed:
		return fmt.Sprintf(" There are %d opening and %d closing parentheses.", opened, closed)
	case strayGrouping(text):
		return " by and without belong to an aggregation such as sum(...): write sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)."
	case strings.Contains(message, "expected type range vector"):
		return " rate() and similar functions need a range: <<.Series>>{<<.LabelMatchers>>}[1m]."
	case strings.Contains(message, "ranges only allowed for vector selectors"):
		return " A range belongs to the series and not to an aggregation: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])), not rate(sum(...)[1m])."
	case strings.Contains(message, "duration"):
		return " A duration is a number with a unit, for example 30s, 1m or 1h."
	}
	return ""
}

var grouping = regexp.MustCompile(`(?i)\)\s*(by|without)\s*\(`)

// strayGrouping reports whether by or without follows something other than an aggregation.
func strayGrouping(text string) bool {
	for _, at := range grouping.FindAllStringIndex(text, -1) {
		depth := 0
		for i := at[0]; i >= 0; i-- {
			switch text[i] {
			case ')':
				depth++
			case '(':
				depth--
			}
			if depth > 0 {
				continue
			}
			word := strings.ToLower(lastWord.FindString(strings.TrimRight(text[:i], " \t\n")))
			if !aggregates(word) {
				return true
			}
			break
		}
	}
	return false
}

func aggregates(word string) bool {
	for item, text := range parser.ItemTypeStr {
		if text == word && item.IsAggregator() {
			return true
		}
	}
	return false
}

var lastWord = regexp.MustCompile(`\w*$`)
