// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"testing"
)

func TestLabelsOf(t *testing.T) {
	tests := map[string]struct {
		query string
		can   string // which of pod, ns and le the result can have
		empty string // part of the reason why there is none
	}{
		"selector":                      {`x`, "pod ns le", ""},
		"selector without the label":    {`x{pod=""}`, "ns le", ""},
		"selector that contradicts":     {`x{pod="",pod!=""}`, "*", "both have and lack the label pod"},
		"sum":                           {`sum(x)`, "", ""},
		"sum by":                        {`sum(x) by (pod)`, "pod", ""},
		"sum without":                   {`sum(x) without (pod)`, "ns le", ""},
		"sum by, then lost":             {`sum(sum(x) by (pod)) by (ns)`, "", ""},
		"topk keeps labels":             {`topk(1, x) by (ns)`, "pod ns le", ""},
		"count_values":                  {`count_values("pod", x)`, "pod", ""},
		"function":                      {`sum(rate(x[1m])) by (pod)`, "pod", ""},
		"subquery":                      {`max_over_time(sum(x) by (pod)[5m:1m])`, "pod", ""},
		"number":                        {`scalar(x)`, "", ""},
		"vector":                        {`vector(1)`, "", ""},
		"label_replace":                 {`label_replace(sum(x), "pod", "$1", "y", "(.*)")`, "pod", ""},
		"label taken away":              {`label_replace(x{pod!=""}, "pod", "", "", "")`, "ns le", ""},
		"label taken away by all":       {`label_replace(x{pod!=""}, "pod", "", "pod", ".*")`, "ns le", ""},
		"label taken away from some":    {`label_replace(x{pod!=""}, "pod", "", "pod", "a.*")`, "pod ns le", ""},
		"label_join":                    {`label_join(sum(x), "pod", "-", "a", "b")`, "pod", ""},
		"absent":                        {`absent(x{pod="a",ns=~"b"})`, "pod", ""},
		"absent_over_time":              {`absent_over_time(x{pod="a"}[1m])`, "pod", ""},
		"number times vector":           {`2 * sum(x) by (pod)`, "pod", ""},
		"vector times number":           {`sum(x) by (pod) * 2`, "pod", ""},
		"like groups":                   {`sum(x{pod!=""}) by (pod) / sum(y) by (pod)`, "pod", ""},
		"unlike groups":                 {`sum(x{pod!=""}) by (pod) / sum(y)`, "*", "sum(y) has no label pod"},
		"unlike groups, other side":     {`sum(y) / sum(x{pod!=""}) by (pod)`, "*", "sum(y) has no label pod"},
		"label that may be absent":      {`sum(x) by (pod) / sum(y)`, "pod", ""},
		"ignoring":                      {`sum(x{pod!=""}) by (pod) / ignoring (pod) group_left sum(y)`, "pod", ""},
		"ignoring drops":                {`sum(x{pod!=""}) by (pod, ns) / ignoring (pod) sum(y) by (ns)`, "ns", ""},
		"on keeps":                      {`sum(x{pod!=""}) by (pod, ns) / on (ns) sum(y) by (ns)`, "ns", ""},
		"on a label that is not there":  {`x{pod!=""} * on (pod) sum(y)`, "*", "has no label pod"},
		"group_left adds":               {`sum(x) by (pod) * on (pod) group_left (ns) y`, "pod ns", ""},
		"group_right":                   {`sum(x) by (pod) * on (pod) group_right (le) sum(y) by (pod, ns)`, "pod ns le", ""},
		"or":                            {`sum(x) by (pod) or vector(0)`, "pod", ""},
		"or of one that is empty":       {`sum(x{pod!=""}) by (pod) / sum(y) or sum(z) by (ns)`, "ns", ""},
		"or with everything":            {`sum(x) by (pod) or x{le=""}`, "pod ns", ""},
		"and":                           {`x{pod!=""} and sum(y)`, "*", "has no label pod"},
		"unless":                        {`sum(x{pod!=""}) by (pod) unless sum(y)`, "pod", ""},
		"comparison":                    {`sum(x{pod!=""}) by (pod) > sum(y)`, "*", "has no label pod"},
		"fill":                          {`sum(x{pod!=""}) by (pod) + fill(0) sum(y)`, "pod", ""},
		"quantile":                      {`histogram_quantile(0.9, sum(rate(x_bucket[1m])) by (pod, le))`, "pod", ""},
		"quantile without le":           {`histogram_quantile(0.9, sum(rate(x_bucket[1m])) by (pod))`, "*", "needs the label le"},
		"quantile of native histograms": {`histogram_quantile(0.9, sum(rate(x[1m])) by (pod))`, "pod", ""},
		"quantile of regexp":            {`histogram_quantile(0.9, sum(rate({__name__=~"x_bucket"}[1m])) by (pod))`, "*", "needs the label le"},
		"empty stays empty":             {`sum(x{pod!=""} / sum(y)) by (pod)`, "*", "has no label pod"},
		"parentheses and signs":         {`-(sum(x) by (pod))`, "pod", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expr, err := newParser().ParseExpr(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			got := labelsOf(expr)
			if !strings.Contains(got.empty, tt.empty) || (got.empty == "") != (tt.empty == "") {
				t.Errorf("got reason %q, want %q", got.empty, tt.empty)
			}
			var can []string
			for _, label := range []string{"pod", "ns", "le"} {
				if got.can(label) {
					can = append(can, label)
				}
			}
			if text := strings.Join(can, " "); text != tt.can && tt.can != "*" {
				t.Errorf("can have %q, want %q", text, tt.can)
			}
		})
	}
}
