// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"path/filepath"
	"slices"
	"testing"
)

const adapterBasics = `
  profile        = "upstream"
  namespace      = "monitoring"
  prometheus_url = "http://kps-prometheus.monitoring.svc:9090"
`

func adapter(t *testing.T, more string) subject {
	t.Helper()
	dir := filepath.Join(chartsDir(t), "prometheus-adapter")
	return load(t, dir, planned(t, "adapter", "helm_release.upstream[0]", adapterBasics+more))
}

// With its defaults the module leaves the rules to the provider.
func TestAdapterReadsTheProvidersRules(t *testing.T) {
	s := adapter(t, "")
	s.requireKnownKeys(t, "readinessProbe.periodSeconds")
	s.requireEffect(t,
		"fullnameOverride", "replicas", "certManager.enabled", // what the chart does without them, too
	)
	all := s.objects(t)
	requireSchemas(t, s, all)

	deployment := only(t, all, "Deployment", "prometheus-adapter")
	volumes := field(deployment, "spec", "template", "spec", "volumes").([]any)
	if got := field(volumes, 0, "configMap", "name"); got != "adapter-config" {
		t.Errorf("the adapter mounts the config map %v, want adapter-config", got)
	}
	args := field(deployment, "spec", "template", "spec", "containers", 0, "args").([]any)
	for _, want := range []string{
		"--prometheus-url=http://kps-prometheus.monitoring.svc:9090", "--config=/etc/adapter/config.yaml",
		"--metrics-relist-interval=5s", "--metrics-max-age=60s", "--client-qps=50", "--client-burst=100", "--prometheus-verb=GET",
	} {
		if !slices.Contains(args, any(want)) {
			t.Errorf("the adapter's arguments %v lack %s", args, want)
		}
	}
	if got := field(deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable"); got != float64(0) {
		t.Errorf("during a rollout %v pods may be unavailable, want none", got)
	}
	requireNone(t, all, "ConfigMap")
	only(t, all, "APIService", "v1beta1.custom.metrics.k8s.io")
	if found := pick(all, "APIService"); len(found) != 1 {
		t.Errorf("%d APIs are claimed, want only the one for custom metrics", len(found))
	}
}

func TestAdapterServesExternalMetrics(t *testing.T) {
	s := adapter(t, `
  name             = "metrics"
  image            = "registry.example.org:5000/prometheus-adapter:v1.2.3"
  replicas         = 2
  external_metrics = true
  cert_manager     = true
`)
	s.requireKnownKeys(t, "readinessProbe.periodSeconds")
	s.requireEffect(t)
	all := s.objects(t)
	requireSchemas(t, s, all)
	only(t, all, "APIService", "v1beta1.external.metrics.k8s.io")
	only(t, all, "APIService", "v1beta1.custom.metrics.k8s.io")
	requireNone(t, all, "ConfigMap")
	deployment := only(t, all, "Deployment", "metrics")
	if got := field(deployment, "spec", "template", "spec", "containers", 0, "image"); got != "registry.example.org:5000/prometheus-adapter:v1.2.3" {
		t.Errorf("image is %v", got)
	}
	for _, api := range pick(all, "APIService") {
		if field(api, "spec", "insecureSkipTLSVerify") != nil {
			t.Errorf("%s skips TLS verification, want it verified with cert-manager's CA", api.name())
		}
	}
}
