// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// Terraform reads the actual values of a metric and the rules in the config map, and renders a query that Prometheus answers for the
// same pods.
func TestAccReading_custom(t *testing.T) {
	c := begin(t)
	const (
		metric = "data.promadapter_metric.read"
		rules  = "data.promadapter_rules.all"
	)
	config := `
resource "promadapter_rule" "read" {
  name         = "acc-read"
  series_query = "process_resident_memory_bytes{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name     = { as = "acc_read" }
  metrics_query   = "max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
  ` + awaitIn("app") + `
}

data "promadapter_metric" "read" {
  metric    = promadapter_rule.read.metric
  namespace = "app"
  selector  = "app.kubernetes.io/name=heavywork"
}

data "promadapter_rules" "all" {
  depends_on = [promadapter_rule.read]
}

output "query" {
  value = provider::promadapter::render_query(promadapter_rule.read, {
    namespace = "app"
    names     = [for v in data.promadapter_metric.read.values : v.object.name]
  })
}
`
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: config,
			Check: func(s *terraform.State) error {
				values := s.RootModule().Resources[metric].Primary.Attributes
				pod := values["values.0.object.name"]
				query, _ := s.RootModule().Outputs["query"].Value.(string)
				answer, err := c.prometheus(t.Context(), query, time.Now())
				if err != nil {
					return err
				}
				if _, ok := answer[pod]; !ok || pod == "" || values["values.#"] != fmt.Sprint(len(answer)) {
					return fmt.Errorf("the data source has %v, but the query %q has the values %v in Prometheus", values, query, answer)
				}
				return nil
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(metric, tfjsonpath.New("values").AtSliceIndex(0), knownvalue.ObjectPartial(map[string]knownvalue.Check{
					"object":    knownvalue.ObjectPartial(map[string]knownvalue.Check{"kind": knownvalue.StringExact("Pod"), "namespace": knownvalue.StringExact(appNamespace)}),
					"value":     positive{}, // a running process has memory
					"quantity":  knownvalue.NotNull(),
					"timestamp": knownvalue.NotNull(),
				})),
				statecheck.ExpectKnownValue(rules, tfjsonpath.New("rules"), contains{"metric": "acc_read", "name": "acc-read", "managed": true, "kind": "custom"}),
				statecheck.ExpectKnownValue(rules, tfjsonpath.New("rules"), contains{"metric": ownMetric, "managed": true}),
			},
		}},
	})
}

// An external metric, in the namespace of the request.
func TestAccReading_external(t *testing.T) {
	c := begin(t)
	c.registerExternal(t)
	before := c.text(t, adapter)
	config := `
resource "promadapter_rule" "outside" {
  name            = "acc-outside"
  kind            = "external"
  series_query    = "go_goroutines{namespace!=\"\"}"
  resources       = { overrides = { namespace = { resource = "namespace" } } }
  metric_name     = { as = "acc_outside" }
  metrics_query   = "sum(<<.Series>>{<<.LabelMatchers>>})"
  ` + awaitIn("app") + `
}

data "promadapter_metric" "outside" {
  kind      = "external"
  metric    = promadapter_rule.outside.metric
  namespace = "app"
}
`
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.promadapter_metric.outside", tfjsonpath.New("values"), knownvalue.ListSizeExact(1)),
					statecheck.ExpectKnownValue("data.promadapter_metric.outside", tfjsonpath.New("values").AtSliceIndex(0).AtMapKey("value"), positive{}),
				},
			},
			{ResourceName: "promadapter_rule.outside", ImportState: true, ImportStateId: "acc-outside", ImportStateVerify: true, ImportStateVerifyIgnore: []string{awaitSeries}},
		},
		CheckDestroy: c.holds(t, adapter, before),
	})
}

// registerExternal registers the adapter's API of external metrics as well, for the duration of the test.
func (c *cluster) registerExternal(t *testing.T) {
	t.Helper()
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		t.Fatal(err)
	}
	services := client.Resource(schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"})
	custom, err := services.Get(t.Context(), "v1beta1.custom.metrics.k8s.io", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	spec, _, err := unstructured.NestedMap(custom.Object, "spec")
	if err != nil {
		t.Fatal(err)
	}
	spec["group"] = "external.metrics.k8s.io"
	external := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
		"metadata": map[string]any{"name": "v1beta1.external.metrics.k8s.io"}, "spec": spec,
	}}
	if _, err := services.Get(t.Context(), external.GetName(), metav1.GetOptions{}); err == nil {
		return // the environment registers it itself
	}
	if _, err := services.Create(t.Context(), external, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // while it is registered and not served, no namespace can be deleted
		if err := services.Delete(withoutEnd(t), external.GetName(), metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// positive accepts numbers above zero.
type positive struct{}

func (positive) String() string { return "a number above zero" }

func (positive) CheckValue(value any) error {
	number, ok := value.(interface{ Float64() (float64, error) })
	if !ok {
		return fmt.Errorf("%v is a %T, not a number", value, value)
	}
	if f, err := number.Float64(); err != nil || f <= 0 {
		return fmt.Errorf("%v is not above zero (%v)", value, err)
	}
	return nil
}

// contains accepts lists with an object that has these attributes.
type contains map[string]any

func (c contains) String() string { return fmt.Sprintf("a list with %v", map[string]any(c)) }

func (c contains) CheckValue(value any) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%v is not a list", value)
	}
	if !slices.ContainsFunc(list, func(element any) bool {
		object, ok := element.(map[string]any)
		for name, want := range c {
			ok = ok && object[name] == want
		}
		return ok
	}) {
		return errors.New("no element of the list is " + c.String())
	}
	return nil
}
