// SPDX-License-Identifier: Apache-2.0

package rule

import "testing"

func TestOneBucket(t *testing.T) {
	for matcher, sums := range map[string]bool{
		``: true, `le="1"`: false, `le=~"1"`: false, `le=~"1|1.0"`: false, `le=~"1(.0)?"`: false, `le=~"1\\.0?"`: false, `le=~"\\+Inf"`: false,
		`le=~".+"`: true, `le=~".*"`: true, `le=~"0.*"`: true, `le=~"0.1|0.5"`: true, `le!="+Inf"`: true, `le!~"0.1"`: true,
	} {
		r := heavywork()
		r.SeriesQuery, r.Name = `heavywork_seconds_bucket{namespace!="",pod!=""}`, Name{}
		r.MetricsQuery = `sum(rate(<<.Series>>{<<.LabelMatchers>>,` + matcher + `}[1m])) by (<<.GroupBy>>)`
		found := Validate(KindCustom, r)
		if got := len(found) == 1 && found[0].Summary == "Buckets summed without le"; got != sums || len(found) > 1 {
			t.Errorf("%q: got %v", matcher, found)
		}
	}
}
