// SPDX-License-Identifier: Apache-2.0

package configuration

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

type metrics struct {
	successful, timestamp prometheus.Gauge
	listed                prometheus.Gauge
	info, rules, served   *prometheus.GaugeVec
	discoveries           *prometheus.CounterVec
	duration              prometheus.Histogram

	digest string
}

func newMetrics(register func(...prometheus.Collector)) metrics {
	m := metrics{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{Name: "adapter_config_last_reload_successful", Help: "Whether the newest text of the rules is the one that is served."}),
		timestamp:  prometheus.NewGauge(prometheus.GaugeOpts{Name: "adapter_config_last_reload_success_timestamp_seconds", Help: "When a text of the rules was last loaded."}),
		info:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "adapter_config_info", Help: "SHA-256 of the text of the rules that is served."}, []string{"sha256"}),
		rules:      prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "adapter_rules", Help: "Loaded rules, by API and state. Waiting rules are for a kind that is not installed."}, []string{"api", "state"}),
		served:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "adapter_metrics", Help: "Listed metrics, by API."}, []string{"api"}),
		discoveries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "adapter_discoveries_total",
			Help: "Times that the series in Prometheus were listed, by result: ok or error."}, []string{"result"}),
		listed: prometheus.NewGauge(prometheus.GaugeOpts{Name: "adapter_discovery_last_successful", Help: "Whether the last listing of series in Prometheus succeeded for every rule."}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "adapter_discovery_duration_seconds",
			Help: "Seconds that listing the series in Prometheus took.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 15)}),
	}
	register(m.successful, m.timestamp, m.info, m.rules, m.served, m.discoveries, m.listed, m.duration)
	return m
}

func (m *metrics) loaded(set *rules.Set) {
	for api, list := range map[string][]rules.Rule{"custom": set.Custom, "external": set.External} {
		waiting := 0
		for _, r := range list {
			if r.Missing != nil {
				waiting++
			}
		}
		m.rules.WithLabelValues(api, "served").Set(float64(len(list) - waiting))
		m.rules.WithLabelValues(api, "waiting").Set(float64(waiting))
	}
	if m.digest == set.Digest {
		return
	}
	m.digest = set.Digest
	m.timestamp.SetToCurrentTime()
	m.info.Reset()
	m.info.WithLabelValues(set.Digest).Set(1)
}

func (m *metrics) refused() { m.successful.Set(0) }

func (m *metrics) discovered(registry *discovery.Registry, took time.Duration, err error) {
	m.duration.Observe(took.Seconds())
	result, successful := "ok", 1.0
	if err != nil {
		result, successful = "error", 0
	}
	m.listed.Set(successful)
	m.discoveries.WithLabelValues(result).Inc()
	m.served.WithLabelValues("custom").Set(float64(len(registry.CustomMetrics())))
	m.served.WithLabelValues("external").Set(float64(len(registry.ExternalMetrics())))
}
