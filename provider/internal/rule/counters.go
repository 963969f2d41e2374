// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

var (
	counterFunctions = []string{"rate", "irate", "increase", "xrate", "xincrease"}
	gaugeFunctions   = []string{"delta", "idelta", "deriv", "predict_linear", "double_exponential_smoothing"}
	counterSuffixes  = []string{"_total", "_count", "_sum", "_bucket"}

	// histogramFunctions take the rate of a native histogram, whose name has no suffix.
	histogramFunctions = []string{
		"histogram_quantile", "histogram_quantiles", "histogram_fraction",
		"histogram_avg", "histogram_count", "histogram_sum", "histogram_stddev", "histogram_stdvar",
	}
)

// plainCounters are counters of common exporters whose names have no suffix; plainCounterFamilies are prefixes of more.
var (
	plainCounters = []string{
		"nginx_ingress_controller_requests", "nginx_connections_accepted", "nginx_connections_handled",
		"nginxplus_connections_accepted", "nginxplus_connections_dropped",
		"mysql_global_status_queries", "mysql_global_status_questions", "mysql_global_status_slow_queries",
		"mysql_global_status_connections", "mysql_global_status_bytes_received", "mysql_global_status_bytes_sent",
		"phpfpm_accepted_connections", "phpfpm_slow_requests", "kong_http_status",
		"node_intr", "node_forks", "node_context_switches", "ceph_osd_op_r", "ceph_osd_op_w",
	}
	plainCounterFamilies = []string{
		"pg_stat_database_xact_", "pg_stat_database_blks_", "pg_stat_database_tup_", "envoy_cluster_upstream_rq", "envoy_http_downstream_rq",
		"envoy_cluster_upstream_cx_rx_bytes", "envoy_cluster_upstream_cx_tx_bytes", "varnish_main_client_req", "node_vmstat_pg", "node_netstat_",
	}
)

func plainCounter(name string) bool {
	if strings.HasSuffix(name, "_active") {
		return false
	}
	return slices.Contains(plainCounters, name) || slices.ContainsFunc(plainCounterFamilies, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

func hasSuffix(name string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(name, suffix) })
}

// counter warns about functions that do not suit the type that the name of a series suggests.
func (v *validator) counter(u usage, found *problems) {
	query := v.rule.MetricsQuery
	name := seriesName(u.selector)
	function := u.function(counterFunctions...)
	gauge := u.function(slices.Concat(gaugeFunctions, counterFunctions)...)
	if gauge == function {
		gauge = "" // the innermost function is a rate
	}
	series, ends := fmt.Sprintf("%q", name), func(suffixes ...string) bool { return hasSuffix(name, suffixes...) }
	sum := []string{"_total", "_bucket"} // names in _count and _sum may be gauges
	if sampled, fixed := v.sampleSeriesName(); !fixed && name == sampled {
		series, ends, sum = "series whose names are all those of counters", v.everyNameEnds, counterSuffixes
		if function != "" && !ends(counterSuffixes...) {
			return // some may be counters
		}
	}
	switch {
	case name == "" || strings.Contains(name, ":") || v.everyName(isColon): // not known, or made by a recording rule
	case function != "" && !ends(counterSuffixes...):
		if plainCounter(name) || strings.ContainsFunc(name, needsQuotes) || // names of OpenTelemetry have no suffixes
			u.function(histogramFunctions...) != "" {
			return
		}
		found.warn(FieldMetricsQuery, nil, "Gauge under "+function,
			"metrics_query %q uses %s() on %q, which by its name is a gauge: the name of a counter ends in _total, _count, _sum or _bucket. "+
				"Each drop of a gauge counts as a counter reset, so the values would be too high. Use the gauge as it is, as in sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>), or deriv() for its slope. If it is a counter despite its name, ignore this warning.",
			query, function, name)
	case gauge != "" && ends(sum...):
		found.warn(FieldMetricsQuery, nil, "Counter under "+gauge,
			"metrics_query %q uses %s() on %s: a restart of the application would give a negative value. Use rate() or increase().", query, gauge, named(series))
	case function == "" && gauge == "" && ends("_total", "_bucket") && !u.counts():
		found.warn(FieldMetricsQuery, nil, "Counter without rate",
			"metrics_query %q uses %s as it is: the value only grows until the application restarts, and the replicas grow with it. "+
				"Take its rate, as in sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>).", query, named(series))
	case ends("_bucket") && u.sumsBuckets():
		found.warn(FieldMetricsQuery, nil, "Buckets summed without le",
			"metrics_query %q adds up the buckets of a histogram, %s. Buckets are cumulative: each includes those below it, so one request would count several times. "+
				"For a quantile keep the label le, as in histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, le)); for the number of requests take the series that ends in _count.", query, series)
	}
}

func isColon(c rune) bool { return c == ':' }

// named adds to a quoted name what it says about the series.
func named(series string) string {
	if strings.HasPrefix(series, `"`) {
		return series + ", which by its name is a counter"
	}
	return series
}

// sumsBuckets reports whether an aggregation mixes the buckets of a histogram, whose bounds are in the label le.
func (u usage) sumsBuckets() bool {
	if u.counts() || u.function(histogramFunctions...) != "" {
		return false
	}
	for _, m := range u.selector.LabelMatchers {
		if m.Name == "le" && oneBound(m) {
			return false // one bucket of each histogram
		}
	}
	return slices.ContainsFunc(u.path, func(node parser.Node) bool {
		a, ok := node.(*parser.AggregateExpr)
		return ok && (a.Op == parser.SUM || a.Op == parser.AVG) && a.Without == slices.Contains(a.Grouping, "le")
	})
}

// oneBound reports whether a matcher of the label le accepts one bound only. Prometheus 3 writes 1 as 1.0, so people match both, as
// in 1|1.0 or 1(.0)?.
func oneBound(m *labels.Matcher) bool {
	if m.Type != labels.MatchRegexp {
		_, one := singleValue(m)
		return one
	}
	const rare = "0.123456789" // accepted only by a pattern for many bounds
	bounds := map[float64]bool{}
	for text := range strings.SplitSeq(strings.Trim(strings.ReplaceAll(m.Value, `\`, ""), "^()$"), "|") {
		if bound, err := strconv.ParseFloat(text, 64); err == nil {
			bounds[bound] = true
		}
	}
	return len(bounds) <= 1 && !m.Matches(rare) && !m.Matches("")
}
