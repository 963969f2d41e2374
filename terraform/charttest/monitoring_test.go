// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"path/filepath"
	"testing"
)

func stack(t *testing.T, variables string) subject {
	t.Helper()
	dir := filepath.Join(chartsDir(t), "kube-prometheus-stack")
	return load(t, dir, planned(t, "monitoring", "helm_release.upstream[0]", "  profile = \"upstream\"\n"+variables))
}

// Without any setting: one Prometheus that selects by the release label,
// Grafana, and nothing that monitors nodes or the control plane.
func TestStackSelectsByTheReleaseLabel(t *testing.T) {
	s := stack(t, "")
	s.requireKnownKeys(t)
	s.requireEffect(t,
		"grafana.enabled", "kubeStateMetrics.enabled", // the chart's defaults, for now
	)
	all := s.objects(t)
	requireSchemas(t, s, all)

	prometheus := only(t, all, "Prometheus", "kps")
	for _, selector := range []string{"serviceMonitorSelector", "podMonitorSelector", "probeSelector", "ruleSelector"} {
		requireField(t, prometheus, "prometheus", "spec", selector, "matchLabels", "release")
	}
	requireField(t, prometheus, "30s", "spec", "scrapeInterval")
	requireField(t, prometheus, "6h", "spec", "retention")
	if field(prometheus, "spec", "serviceMonitorNamespaceSelector") == nil {
		t.Error("monitors in other namespaces are not selected")
	}
	service := only(t, all, "Service", "kps-prometheus")
	requireField(t, service, "ClusterIP", "spec", "type")
	requireField(t, service, float64(9090), "spec", "ports", 0, "port")
	only(t, all, "Service", "prometheus-grafana")
	only(t, all, "Deployment", "prometheus-kube-state-metrics")
	for _, kind := range []string{"DaemonSet", "Alertmanager", "PrometheusRule", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "Job"} {
		requireNone(t, all, kind)
	}
	for _, monitor := range pick(all, "ServiceMonitor") {
		requireField(t, monitor, "prometheus", "metadata", "labels", "release")
	}
	for _, o := range pick(all, "ConfigMap") {
		if field(o, "metadata", "labels", "grafana_dashboard") != nil {
			t.Errorf("the chart has the dashboard %s, want only ours", o.name())
		}
	}
}

func TestStackTakesEverySetting(t *testing.T) {
	s := stack(t, `
  release_label               = "stack"
  operator_image              = "registry.example.org:5000/operator:v1.2.3"
  config_reloader_image       = "registry.example.org/reloader:v1.2.3"
  prometheus_image            = "registry.example.org/prometheus:v3.4.5"
  scrape_interval_seconds     = 2
  evaluation_interval_seconds = 10
  retention_hours             = 24
  node_port                   = 30090
  grafana_node_port           = 30030
  kube_state_metrics          = false
  alertmanager                = true
`)
	s.requireKnownKeys(t, "grafana.service.nodePort")
	s.requireEffect(t,
		"grafana.enabled",
		"kube-state-metrics.collectors", "kube-state-metrics.prometheus.monitor.http.interval", // switched off
	)
	all := s.objects(t)
	requireSchemas(t, s, all)

	prometheus := only(t, all, "Prometheus", "kps")
	requireField(t, prometheus, "registry.example.org/prometheus:v3.4.5", "spec", "image")
	requireField(t, prometheus, "v3.4.5", "spec", "version")
	requireField(t, prometheus, "stack", "spec", "serviceMonitorSelector", "matchLabels", "release")
	requireField(t, prometheus, "2s", "spec", "scrapeInterval")
	requireField(t, prometheus, "10s", "spec", "evaluationInterval")
	requireField(t, prometheus, "EndpointSlice", "spec", "serviceDiscoveryRole")
	requireField(t, only(t, all, "Service", "kps-prometheus"), float64(30090), "spec", "ports", 0, "nodePort")
	requireField(t, only(t, all, "Service", "stack-grafana"), float64(30030), "spec", "ports", 0, "nodePort")
	operator := only(t, all, "Deployment", "kps-operator")
	requireField(t, operator, "registry.example.org:5000/operator:v1.2.3", "spec", "template", "spec", "containers", 0, "image")
	only(t, all, "Alertmanager", "kps")
}
