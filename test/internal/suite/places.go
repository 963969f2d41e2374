// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// Names that no variable of the environment changes.
const (
	AppNamespace = "app"
	AppName      = "heavywork" // Deployment, Service, ServiceMonitor and autoscaler
	CounterName  = "heavywork_requests_total"
	MetricsPort  = 8000
	MetricName   = "heavywork_requests_per_second"

	SystemNamespace      = "kube-system"
	ActivatorMetricsPort = 9915
)

// Places says where the parts of an environment are. That depends on its charts;
// it is read from Terraform outputs, so that no scenario needs to know.
type Places struct {
	Exposure                            string // httpRoute or ingress
	Ingress                             string // namespace of NGINX
	IngressDeployment, ingressContainer string // whose log has the requests
	Monitoring                          string // namespace of Prometheus and the adapter
	Adapter                             string // Deployment and Service of the adapter
	Reloads                             bool   // whether the adapter reloads changed rules by itself, as this project's own does
	AdapterConfigMap, AdapterConfigKey  string // where the rules are
	NetworkPolicies                     bool   // whether they restrict connections
}

// placesOf reads Terraform's outputs.
func placesOf(o *environment.Outputs) (Places, error) {
	p := Places{
		Exposure:          o.Text("exposure"),
		Ingress:           o.Text("ingress_namespace"),
		IngressDeployment: o.Text("ingress_deployment"), ingressContainer: o.Text("ingress_container"),
		Monitoring:       o.Text("monitoring_namespace"),
		Adapter:          o.Text("adapter_deployment"),
		AdapterConfigMap: o.Text("adapter_config_map"), AdapterConfigKey: o.Text("adapter_config_key"),
	}
	o.Into("network_policies", &p.NetworkPolicies)
	p.Reloads = o.Text("adapter_program") == "adapter"
	return p, o.Err()
}

// bundledCharts is the value of CHARTS for an environment whose parts all come
// from the charts of this repository.
const bundledCharts = "bundled"

// NeedBundled skips a scenario about what only the bundled charts provide:
// network policies, and least privilege for each part.
func NeedBundled(t *testing.T) {
	t.Helper()
	if !OnBundled() {
		t.Skipf("is about the bundled charts, and this cluster has the %s ones", Shared.Env.Env["CHARTS"])
	}
}

func OnBundled() bool { return Shared.Env.Env["CHARTS"] == bundledCharts }
