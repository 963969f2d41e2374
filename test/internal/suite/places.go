// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// What the scenarios are about: names that no variable of the environment changes.
const (
	AppNamespace = "app"
	AppName      = "heavywork" // Deployment, Service, ServiceMonitor and autoscaler
	CounterName  = "heavywork_requests_total"
	MetricsPort  = 8000
	MetricName   = "heavywork_requests_per_second"

	SystemNamespace = "kube-system"
)

// Places are where an environment has its parts. Which charts made it decides
// that; its Terraform outputs say so, so that no scenario needs to know.
type Places struct {
	Exposure                            string // httpRoute or ingress
	Ingress                             string // namespace of NGINX
	IngressDeployment, ingressContainer string // whose log has the requests
	Monitoring                          string // namespace of Prometheus and the adapter
	Adapter                             string // Deployment and Service of the adapter
	Reloads                             bool   // the adapter, by itself when its rules change: it is this project's own
	AdapterConfigMap, AdapterConfigKey  string // where the rules are
	NetworkPolicies                     bool   // whether connections are refused
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

// bundledCharts is the setting CHARTS of an environment whose parts all come
// from the charts of this repository.
const bundledCharts = "bundled"

// NeedBundled skips a scenario about what these charts promise and those of
// others do not: network policies, and the least rights of each part.
func NeedBundled(t *testing.T) {
	t.Helper()
	if !OnBundled() {
		t.Skipf("is about the bundled charts, and this cluster has the %s ones", Shared.Env.Env["CHARTS"])
	}
}

func OnBundled() bool { return Shared.Env.Env["CHARTS"] == bundledCharts }
