// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"
	"time"
)

// What a plan does for each rule.
func BenchmarkPlan(b *testing.B) {
	r := Rule{
		SeriesQuery:  `heavywork_requests_total{namespace!="",pod!=""}`,
		Resources:    Resources{Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}, "pod": {Resource: "pod"}}},
		Name:         Name{Matches: "^(.*)_total$", As: "${1}_per_second"},
		MetricsQuery: `sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
	}
	for name, step := range map[string]func(){
		"Validate": func() { Validate(KindCustom, r) },
		"Windows":  func() { Windows(KindCustom, r, 15*time.Second) },
		"Metric":   func() { Metric(r) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				step()
			}
		})
	}
}
