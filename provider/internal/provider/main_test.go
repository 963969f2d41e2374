// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// TestMain points the test framework to the Terraform (or OpenTofu) on PATH, because otherwise it downloads one, and keeps
// settings meant for other work in the same shell away from it.
func TestMain(m *testing.M) {
	for _, entry := range os.Environ() {
		key, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(key, "TF_") && key != "TF_ACC_TERRAFORM_PATH" && !strings.HasPrefix(key, "TF_LOG") {
			os.Unsetenv(key)
		}
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil && os.Getenv("TF_ACC_TERRAFORM_PATH") == "" {
			os.Setenv("TF_ACC_TERRAFORM_PATH", path)
		}
	}
	if filepath.Base(os.Getenv("TF_ACC_TERRAFORM_PATH")) == "tofu" {
		os.Setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org") // where it looks for a provider without a source
	}
	if os.Getenv("TF_ACC_TERRAFORM_PATH") == "" {
		fmt.Fprintln(os.Stderr, "no terraform or tofu on PATH: install one, or run the tests with make test, which sees to it")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// testWaits keep tests short. None of them decides whether one passes.
var testWaits = cluster.Options{Quiet: 20 * time.Millisecond, QuietLimit: time.Minute, Poll: time.Millisecond}

// runSteps runs the steps of an acceptance test against a server in memory.
func runSteps(t *testing.T, test resource.TestCase) {
	t.Helper()
	runStepsWith(t, testWaits, test)
}

// runStepsWith is runSteps with other waiting times.
func runStepsWith(t *testing.T, waits cluster.Options, test resource.TestCase) {
	t.Helper()
	test.ProtoV6ProviderFactories = map[string]func() (tfprotov6.ProviderServer, error){"promadapter": factory(waits)}
	resource.UnitTest(t, test)
}

func factory(waits cluster.Options) func() (tfprotov6.ProviderServer, error) {
	return providerserver.NewProtocol6WithError(&PromadapterProvider{version: "test", waits: waits, getenv: func(string) string { return "" }})
}

// newServer returns a server whose adapter has a text and whose Prometheus has the series of the rule heavywork.
func newServer(t *testing.T, text string) *clustertest.Server {
	t.Helper()
	srv := clustertest.New(t)
	srv.PutAdapter(text)
	srv.Adapter.SetSeries("heavywork_requests_total")
	return srv
}

func providerBlock(url string) string {
	return fmt.Sprintf("provider \"promadapter\" {\n  host = %q\n}\n", url)
}

// waitAtMost is an argument of a rule; a value other than the default changes the resource but not the rule.
func waitAtMost(duration string) string { return fmt.Sprintf("wait_timeout = %q", duration) }

// heavywork is a sound rule as Terraform configuration, with further arguments.
func heavywork(url string, more ...string) string {
	return providerBlock(url) + `
resource "promadapter_rule" "heavywork" {
  name         = "heavywork"
  series_query = "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)"
  ` + strings.Join(more, "\n  ") + `
}
`
}

// heavyworkText is what heavywork becomes in a config map.
const heavyworkText = `# promadapter_rule heavywork begin
- seriesQuery: heavywork_requests_total{namespace!="",pod!=""}
  resources:
    overrides:
      namespace:
        resource: namespace
      pod:
        resource: pod
  name:
    matches: ^(.*)_total$
    as: ${1}_per_second
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)
# promadapter_rule heavywork end
`

// text returns what the adapter's config map holds.
func text(srv *clustertest.Server) string {
	data, _ := srv.ConfigMap(srv.Adapter.Namespace, srv.Adapter.ConfigMap)
	return data[srv.Adapter.Key]
}

func setText(srv *clustertest.Server, text string) {
	srv.SetText(srv.Adapter.Namespace, srv.Adapter.ConfigMap, srv.Adapter.Key, text)
}
