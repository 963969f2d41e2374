// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// providerAt is a provider block for a config map that no adapter reads.
func providerAt(p place, more ...string) string {
	return fmt.Sprintf("provider \"promadapter\" {\n  namespace  = %q\n  config_map = %q\n  deployment = \"\"\n  %s\n}\n", p.namespace, p.name, strings.Join(more, "\n  "))
}

// counterRule is a valid rule with the given resource label and, with a prefix, rule name: the CPU time of the application's pods. The
// metric has the same name.
func counterRule(name string, more ...string) string {
	return labelledRule(name, name, more...)
}

func labelledRule(label, name string, more ...string) string {
	return fmt.Sprintf(`
resource "promadapter_rule" %q {
  name         = "%s%s"
  series_query = "process_cpu_seconds_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    as = %q
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  %s
}
`, label, prefix, name, metricOf(name), strings.Join(more, "\n  "))
}

func metricOf(name string) string { return "acc_" + strings.ReplaceAll(name, "-", "_") }

// counterText is what counterRule becomes in a config map.
func counterText(name string) string {
	return strings.NewReplacer("NAME", prefix+name, "METRIC", metricOf(name)).Replace(`# promadapter_rule NAME begin
- seriesQuery: process_cpu_seconds_total{namespace!="",pod!=""}
  resources:
    overrides:
      namespace:
        resource: namespace
      pod:
        resource: pod
  name:
    as: METRIC
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
# promadapter_rule NAME end
`)
}

// says matches words of a message, wherever Terraform breaks its lines.
func says(words string) *regexp.Regexp {
	parts := strings.Fields(words)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile(strings.Join(parts, `[\s│]+`))
}

func expect(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func emptyPlan() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

func stateHas(address, attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

// holds checks the text of a config map.
func (c *cluster) holds(t *testing.T, p place, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		text, err := c.read(withoutEnd(t), p)
		if err == nil && text != want {
			err = fmt.Errorf("%s holds\n%s\nwant\n%s", p, text, want)
		}
		return err
	}
}

// serves checks that a custom metric has values for the application's pods. How many there are changes with the load.
func (c *cluster) serves(t *testing.T, metric string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		values, err := c.values(t.Context(), metric)
		if err == nil && len(values) == 0 {
			err = fmt.Errorf("the metric %s has no value", metric)
		}
		return err
	}
}
