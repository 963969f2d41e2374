// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

const address = "promadapter_rule.heavywork"

// foreign is a text with rules and comments of somebody else, and with a line break at the end that is easily lost.
const foreign = "# mine\nrules:\n- seriesQuery: 'other{}' # keep\n  metricsQuery:   other\n"

func expectText(srv *clustertest.Server, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := text(srv); got != want {
			return fmt.Errorf("config map holds\n%s\nwant\n%s", got, want)
		}
		if err := srv.Adapter.LoadError(); err != nil {
			return fmt.Errorf("the adapter cannot load it: %w", err)
		}
		return nil
	}
}

func expectRollouts(srv *clustertest.Server, want int) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if got := srv.Rollouts(); got != want {
			return fmt.Errorf("the adapter was rolled %d times, want %d", got, want)
		}
		return nil
	}
}

func expectAction(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func stateHas(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

// Create, an empty second plan, an update in place, import without an ignore list, and destroy, next to rules of somebody else.
func TestRule_lifecycle(t *testing.T) {
	t.Parallel()
	srv := newServer(t, foreign)
	srv.Adapter.SetValues("app", 1)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:           heavywork(srv.URL),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionCreate),
				Check:            resource.ComposeTestCheckFunc(expectText(srv, foreign+heavyworkText), expectRollouts(srv, 1)),
				ConfigStateChecks: []statecheck.StateCheck{
					stateHas("id", knownvalue.StringExact("monitoring/adapter-config/heavywork")),
					stateHas("metric", knownvalue.StringExact("heavywork_requests_per_second")),
					stateHas("deployment", knownvalue.StringExact("prometheus-adapter")),
					stateHas("kind", knownvalue.StringExact("custom")),
					stateHas("ready", knownvalue.Bool(true)),
				},
			},
			{Config: heavywork(srv.URL), ConfigPlanChecks: emptyPlan()},
			{ResourceName: address, ImportState: true, ImportStateId: "heavywork", ImportStateVerify: true},
			{ResourceName: address, ImportState: true, ImportStateId: "monitoring/adapter-config/heavywork", ImportStateVerify: true},
			{
				Config:           strings.Replace(heavywork(srv.URL, `await_series_in = "app"`), "15s", "30s", 1),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				Check:            resource.ComposeTestCheckFunc(expectText(srv, foreign+strings.Replace(heavyworkText, "15s", "30s", 1)), expectRollouts(srv, 2)),
			},
		},
		CheckDestroy: resource.ComposeTestCheckFunc(expectText(srv, foreign), expectRollouts(srv, 3)),
	})
}

func TestRule_drift(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	config := heavywork(srv.URL)
	repaired := func(change func(), action plancheck.ResourceActionType, want string) resource.TestStep {
		return resource.TestStep{
			PreConfig: change, Config: config, ConfigPlanChecks: expectAction(action), Check: expectText(srv, want),
		}
	}
	replace := func(from, to string) func() {
		return func() { setText(srv, strings.Replace(text(srv), from, to, 1)) }
	}
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config},
			repaired(replace("15s", "1m"), plancheck.ResourceActionUpdate, "rules:\n"+heavyworkText),
			repaired(replace("resource: pod", "resource: pods"), plancheck.ResourceActionUpdate, "rules:\n"+heavyworkText),
			repaired(replace("metricsQuery", "metricQuery"), plancheck.ResourceActionUpdate, "rules:\n"+heavyworkText),
			repaired(func() { setText(srv, "") }, plancheck.ResourceActionCreate, begun),
			repaired(func() { srv.DeleteConfigMap("monitoring", "adapter-config") }, plancheck.ResourceActionCreate, begun),
			{ // moved to the list of external rules
				PreConfig: replace("rules:", "externalRules:"), Config: config, ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate),
				Check: expectText(srv, begun),
			},
		},
	})
}

func TestRule_manyAtOnce(t *testing.T) {
	t.Parallel()
	srv := newServer(t, foreign)
	config := strings.Replace(heavywork(srv.URL), `name         = "heavywork"`, "count = 12\n  name = \"heavywork-${count.index}\"", 1)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: config,
			Check: func(*terraform.State) error {
				for i := range 12 {
					if want := strings.ReplaceAll(heavyworkText, "rule heavywork", fmt.Sprintf("rule heavywork-%d", i)); !strings.Contains(text(srv), want) {
						return fmt.Errorf("rule %d is missing in\n%s", i, text(srv))
					}
				}
				if !strings.HasPrefix(text(srv), foreign) {
					return fmt.Errorf("foreign rules changed: %s", text(srv))
				}
				return nil
			},
		}},
		CheckDestroy: expectText(srv, foreign),
	})
}

// The place of a rule may come from the provider block or from the resource, and a change of place moves the rule.
func TestRule_moves(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	other := strings.Replace(heavywork(srv.URL, `deployment = ""`, `wait = false`), "host = ", "namespace = \"other\"\n  config_map = \"rules\"\n  host = ", 1)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				Config: other, ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate),
				Check: func(s *terraform.State) error {
					if data, _ := srv.ConfigMap("other", "rules"); data["config.yaml"] != begun {
						return fmt.Errorf("the rule was not written: %v", data)
					}
					return expectText(srv, "rules: []\n")(s)
				},
			},
			{
				Config:           strings.Replace(other, `wait = false`, "wait = false\n  config_key = \"x.yaml\"", 1),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate),
				ConfigStateChecks: []statecheck.StateCheck{
					stateHas("id", knownvalue.StringExact("other/rules/x.yaml/heavywork")),
				},
			},
			{ResourceName: address, ImportState: true, ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return s.RootModule().Resources[address].Primary.ID, nil
			}, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"deployment", "wait"}}, // set here to other values than the defaults
			{Config: heavywork(srv.URL), Check: expectText(srv, "rules:\n"+heavyworkText)},
		},
	})
}

func TestRule_external(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: heavywork(srv.URL, `kind = "external"`), Check: expectText(srv, "rules: []\nexternal"+strings.Replace(begun, "r", "R", 1)),
			},
			{ResourceName: address, ImportState: true, ImportStateId: "heavywork", ImportStateVerify: true},
			{Config: heavywork(srv.URL), ConfigPlanChecks: expectAction(plancheck.ResourceActionDestroyBeforeCreate), Check: expectText(srv, "rules:\n"+heavyworkText)},
		},
	})
}

// An import returns every attribute of a rule unchanged, and what makes no difference to the adapter causes no change.
func TestRule_allAttributes(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	config := func(rest string) string {
		return providerBlock(srv.URL) + `
resource "promadapter_rule" "heavywork" {
  name          = "heavywork"
  wait          = false
  ` + rest + `
}
`
	}
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: config(`
  series_query   = "{__name__=~\"^heavy.*\"}"
  series_filters = [{ is = "^heavy" }, { is_not = "_bucket$" }]
  resources      = { template = "kube_<<.Resource>>", namespaced = false, overrides = { dep = { group = "apps", resource = "deployment" } } }
  metric_name    = { matches = "^(.*)_(total|count)$", as = "$${1}" }
  metrics_query  = <<-EOT
    sum(
      rate(<<.Series>>{<<.LabelMatchers>>}[1m])
    ) by (<<.GroupBy>>)
  EOT`),
				ConfigStateChecks: []statecheck.StateCheck{stateHas("metric", knownvalue.Null())},
			},
			{ResourceName: address, ImportState: true, ImportStateId: "heavywork", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"wait"}},
			{
				Config: config(`
  series_query   = "heavywork_requests_total"
  series_filters = []
  resources      = { template = "", overrides = { namespace = { group = "", resource = "namespace" }, pod = { resource = "pod", group = null } } }
  metric_name    = {}
  metrics_query  = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"`),
				ConfigStateChecks: []statecheck.StateCheck{stateHas("metric", knownvalue.StringExact("heavywork_requests_total"))},
			},
		},
	})
}
