// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// places are where an environment has its parts. Which charts made it decides
// that; its Terraform outputs say so, so that no scenario needs to know.
type places struct {
	exposure                            string // httpRoute or ingress
	ingress                             string // namespace of NGINX
	ingressDeployment, ingressContainer string // whose log has the requests
	monitoring                          string // namespace of Prometheus and the adapter
	adapter                             string // Deployment and Service of the adapter
	adapterConfigMap, adapterConfigKey  string // where the rules are
	networkPolicies                     bool   // whether connections are refused
}

// placesOf reads Terraform's outputs.
func placesOf(o *environment.Outputs) (places, error) {
	p := places{
		exposure:          o.Text("exposure"),
		ingress:           o.Text("ingress_namespace"),
		ingressDeployment: o.Text("ingress_deployment"), ingressContainer: o.Text("ingress_container"),
		monitoring:       o.Text("monitoring_namespace"),
		adapter:          o.Text("adapter_deployment"),
		adapterConfigMap: o.Text("adapter_config_map"), adapterConfigKey: o.Text("adapter_config_key"),
	}
	o.Into("network_policies", &p.networkPolicies)
	return p, o.Err()
}

// bundledCharts is the setting CHARTS of an environment whose parts all come
// from the charts of this repository.
const bundledCharts = "bundled"

// needBundled skips a scenario about what these charts promise and those of
// others do not: network policies, and the least rights of each part.
func needBundled(t *testing.T) {
	t.Helper()
	if !onBundled() {
		t.Skipf("is about the bundled charts, and this cluster has the %s ones", shared.env.Env["CHARTS"])
	}
}

func onBundled() bool { return shared.env.Env["CHARTS"] == bundledCharts }
