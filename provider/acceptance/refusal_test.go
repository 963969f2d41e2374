// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The plan refuses a rule that the adapter would not start with, and the adapter never gets it.
func TestAccRule_badRuleIsRefused(t *testing.T) {
	c := begin(t)
	before, generation := c.text(t, adapter), c.rollouts(t)
	for name, bad := range map[string]struct {
		old, fresh string
		want       *regexp.Regexp
	}{
		"template":   {"<<.Series>>{", "<<.Serie>>{", says("metrics_query")},
		"query":      {"sum(rate(", "sum(rate((", says("which Prometheus does not accept")},
		"expression": {`as = "acc_bad"`, `matches = "(", as = "acc_bad"`, says("Invalid regular expression")},
		"selector":   {`series_query = "process`, `series_query = "sum(process`, says("is not a Prometheus series selector")},
	} {
		t.Run(name, func(t *testing.T) {
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: replaceOnce(t, counterRule("bad"), bad.old, bad.fresh), PlanOnly: true, ExpectError: bad.want},
			}})
		})
	}
	if text := c.text(t, adapter); text != before {
		t.Errorf("the config map changed to\n%s", text)
	}
	if now := c.rollouts(t); now != generation {
		t.Errorf("the adapter was rolled %d times", now-generation)
	}
}

// A config map without the form of a list of rules is not changed.
func TestAccRule_foreignShape(t *testing.T) {
	c := begin(t)
	t.Parallel()
	for name, shape := range map[string]struct {
		data   map[string]string
		binary map[string][]byte
		want   *regexp.Regexp
	}{
		"no YAML":     {data: map[string]string{configKey: "rules:\n\t- [\n"}, want: says("Config map was left alone")},
		"no list":     {data: map[string]string{configKey: "rules:\n  first: {}\n"}, want: says("must be a list")},
		"no mapping":  {data: map[string]string{configKey: "- a\n- b\n"}, want: says("Config map was left alone")},
		"half marked": {data: map[string]string{configKey: "rules:\n# promadapter_rule other begin\n- seriesQuery: up\n  metricsQuery: up\n"}, want: says("Config map was left alone")},
		"binary":      {binary: map[string][]byte{configKey: {0xff, 0xfe}}, want: says("holds binary data")},
	} {
		t.Run(name, func(t *testing.T) {
			p := place{c.namespace, c.unused(t).name}
			maps := c.kube.CoreV1().ConfigMaps(p.namespace)
			before, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: p.name}, Data: shape.data, BinaryData: shape.binary}, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: providerAt(p) + counterRule("shape", "wait = false"), ExpectError: shape.want},
			}})
			after, err := maps.Get(t.Context(), p.name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if after.ResourceVersion != before.ResourceVersion {
				t.Errorf("%s was written to: %v", p, after.Data)
			}
		})
	}
}

// A plan must not depend on a cluster: neither while the provider's settings wait for another resource, nor for an environment that
// does not exist yet.
func TestAccProvider_unknownSettings(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.put(t, "rules: []\n")
	a := c.account(t)
	a.allow(t, p.namespace, "", but()...)
	config := "resource \"terraform_data\" \"cluster\" {\n  input = { config_map = \"" + p.name + "\", host = \"" + c.config.Host + "\" }\n}\n" +
		"provider \"promadapter\" {\n" +
		"  host                   = terraform_data.cluster.output.host\n" +
		"  cluster_ca_certificate = <<-EOT\n" + string(c.config.CAData) + "EOT\n" +
		"  token                  = \"" + a.token + "\"\n" +
		"  namespace              = \"" + p.namespace + "\"\n" +
		"  config_map             = terraform_data.cluster.output.config_map\n" +
		"  deployment             = \"\"\n}\n" + counterRule("unknown", "wait = false")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, PlanOnly: true, ExpectNonEmptyPlan: true},
			{Config: config, ConfigPlanChecks: expect("promadapter_rule.unknown", plancheck.ResourceActionCreate), Check: c.holds(t, p, "rules:\n"+counterText("unknown"))},
		},
		CheckDestroy: c.holds(t, p, "rules: []\n"),
	})
}
