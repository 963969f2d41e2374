// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/environment"
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
}

// placesOf asks Terraform. The environment must have been applied.
func placesOf(t *testing.T, env environment.Environment) places {
	t.Helper()
	quiet := options(env)
	quiet.Logger = logger.Discard // five hundred lines that tell nothing of a scenario
	outputs := terraform.OutputAll(t, quiet)
	text := func(name string) string {
		value, ok := outputs[name].(string)
		if !ok || value == "" {
			t.Fatalf("the Terraform output %s is %v, want a text: run make up", name, outputs[name])
		}
		return value
	}
	return places{
		exposure:          text("exposure"),
		ingress:           text("ingress_namespace"),
		ingressDeployment: text("ingress_deployment"), ingressContainer: text("ingress_container"),
		monitoring:       text("monitoring_namespace"),
		adapter:          text("adapter_deployment"),
		adapterConfigMap: text("adapter_config_map"), adapterConfigKey: text("adapter_config_key"),
	}
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
