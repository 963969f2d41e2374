// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// nameSource is an expression that every series name must match.
type nameSource struct {
	expression *syntax.Regexp
	whole      bool // the expression describes the whole name, not a part of it
}

// nameSources returns the expressions that the names of the rule's series must match.
func (v *validator) nameSources() []nameSource {
	var out []nameSource
	add := func(expression string, whole bool) {
		if re, err := syntax.Parse(expression, syntax.Perl); err == nil && expression != "" {
			out = append(out, nameSource{expression: re, whole: whole})
		}
	}
	if v.sound(FieldSeriesQuery) {
		matchers, _ := newParser().ParseMetricSelector(v.rule.SeriesQuery)
		for _, m := range matchers {
			switch {
			case m.Name != model.MetricNameLabel:
			case m.Type == labels.MatchRegexp || m.Type == labels.MatchEqual && evidentPattern(m.Value): // reported elsewhere
				add(m.Value, true)
			case m.Type == labels.MatchEqual:
				add(regexp.QuoteMeta(m.Value), true)
			}
		}
	}
	if v.sound(FieldSeriesFilters) {
		for _, f := range v.rule.SeriesFilters {
			add(f.Is, false)
		}
	}
	if v.sound(FieldMetricName) {
		add(v.rule.Name.Matches, false)
	}
	return out
}

// everyName reports whether each series name that the rule accepts has a character of a kind.
func (v *validator) everyName(kind func(rune) bool) bool {
	return slices.ContainsFunc(v.nameSources(), func(s nameSource) bool { return requires(s.expression, kind) })
}

// everyNameEnds reports whether each series name that the rule accepts ends in one of the suffixes.
func (v *validator) everyNameEnds(suffixes ...string) bool {
	return slices.ContainsFunc(v.nameSources(), func(s nameSource) bool {
		if !s.whole && !anchored(s.expression) {
			return false
		}
		ends, _ := endings(s.expression)
		return !slices.ContainsFunc(ends, func(end string) bool { return !hasSuffix(end, suffixes...) })
	})
}

// needsQuotes reports whether a name with this character must be quoted in PromQL.
func needsQuotes(c rune) bool {
	return !(c == '_' || c == ':' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')
}

// requires reports whether each text that an expression matches has a character of a kind.
func requires(re *syntax.Regexp, kind func(rune) bool) bool {
	some := func(sub *syntax.Regexp) bool { return requires(sub, kind) }
	switch re.Op {
	case syntax.OpLiteral:
		return slices.ContainsFunc(re.Rune, func(c rune) bool {
			return kind(c) && (re.Flags&syntax.FoldCase == 0 || kind(unicode.SimpleFold(c)))
		})
	case syntax.OpCharClass:
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i+1]-re.Rune[i] > 255 {
				return false
			}
			for c := re.Rune[i]; c <= re.Rune[i+1]; c++ {
				if !kind(c) {
					return false
				}
			}
		}
		return len(re.Rune) > 0
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		return slices.ContainsFunc(re.Sub, some)
	case syntax.OpRepeat:
		return re.Min > 0 && some(re.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !some(sub) })
	}
	return false
}

// anchored reports whether each match of an expression goes to the end of the text.
func anchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEndText:
		return true
	case syntax.OpConcat:
		return anchored(re.Sub[len(re.Sub)-1])
	case syntax.OpCapture:
		return anchored(re.Sub[0])
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !anchored(sub) })
	}
	return false
}

// mostEndings bounds the work on an expression with many alternatives.
const mostEndings = 64

// endings returns texts such that each match ends in one of them, and whether they are the whole matches.
func endings(re *syntax.Regexp) (texts []string, whole bool) {
	unknown := []string{""}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText:
		return unknown, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}, true
		}
	case syntax.OpCapture:
		return endings(re.Sub[0])
	case syntax.OpPlus:
		texts, _ = endings(re.Sub[0])
		return texts, false
	case syntax.OpQuest:
		texts, whole = endings(re.Sub[0])
		return append(texts, ""), whole
	case syntax.OpAlternate:
		whole = true
		for _, sub := range re.Sub {
			more, exact := endings(sub)
			texts, whole = append(texts, more...), whole && exact
		}
		if len(texts) <= mostEndings {
			return texts, whole
		}
	case syntax.OpConcat:
		texts, whole = unknown, true
		for _, sub := range slices.Backward(re.Sub) {
			before, exact := endings(sub)
			if len(before)*len(texts) > mostEndings {
				return texts, false
			}
			var longer []string
			for _, a := range before {
				for _, b := range texts {
					longer = append(longer, a+b)
				}
			}
			if texts = longer; !exact {
				return texts, false
			}
		}
		return texts, whole
	}
	return unknown, false
}

// evidentPattern reports whether a text that is compared literally was meant as a regular expression. Dots, slashes, braces and
// asterisks alone also occur in addresses and routes.
func evidentPattern(text string) bool {
	return patternSign.MatchString(text) && !envoyCluster.MatchString(text)
}

// envoyCluster matches the names that Istio gives to Envoy's clusters, as in outbound|80|v1|cart.shop.svc.cluster.local.
var envoyCluster = regexp.MustCompile(`^(in|out)bound\|\d*\|[\w-]*\|[\w.-]*$`)

var patternSign = regexp.MustCompile(strings.Join([]string{
	`\.[*+]`,                     // .* .+
	`^\^.|.\$$`,                  // ^a a$
	`^[1-5](\.\.|\d\.|\.\{2\})$`, // 5..
	`\[\^?\d+\](\d|\.\.|[+*{])`,  // [45]..
	`\[[^\]]*(a-z|A-Z|0-9)`,      // [a-z]
	`\[\^?\d-\d\]`,               // [4-5]
	`[\w/]\|[\w/^]`,              // a|b
	`\(\?[:iPs]`,                 // (?i)
	`\\\.|\\[dws](\\|[+*{]|$)`,   // \. \d+
}, "|"))
