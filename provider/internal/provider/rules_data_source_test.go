// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func TestRulesDataSource(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules:\n- seriesQuery: 'other{}' # keep\n  metricsQuery: other\n  name: {as: theirs}\n"+heavyworkText+
		"externalRules:\n- seriesQuery: '{__name__=~\"^queue_.*\"}'\n  seriesFilters: [{isNot: _total$}]\n  resources: {namespaced: false}\n  metricsQuery: <<.Series>>\n"+
		"resourceRules:\n  cpu: {containerQuery: x}\n")
	config := providerBlock(srv.URL) + "data \"promadapter_rules\" \"all\" {}\n"
	text := knownvalue.StringExact
	rules := knownvalue.ListExact([]knownvalue.Check{
		knownvalue.ObjectExact(map[string]knownvalue.Check{
			"name": knownvalue.Null(), "managed": knownvalue.Bool(false), "kind": text("custom"), "index": knownvalue.Int64Exact(0), "metric": text("theirs"),
			"series_query": text("other{}"), "series_filters": knownvalue.Null(), "resources": knownvalue.Null(),
			"metric_name":   knownvalue.ObjectExact(map[string]knownvalue.Check{"matches": knownvalue.Null(), "as": text("theirs")}),
			"metrics_query": text("other"),
		}),
		knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"name": text("heavywork"), "managed": knownvalue.Bool(true), "index": knownvalue.Int64Exact(1), "metric": text("heavywork_requests_per_second"),
			"resources": knownvalue.ObjectPartial(map[string]knownvalue.Check{"overrides": knownvalue.MapPartial(map[string]knownvalue.Check{
				"pod": knownvalue.ObjectExact(map[string]knownvalue.Check{"group": text(""), "resource": text("pod")}),
			})}),
		}),
		knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"name": knownvalue.Null(), "kind": text("external"), "index": knownvalue.Int64Exact(0), "metric": knownvalue.Null(),
			"series_filters": knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectExact(map[string]knownvalue.Check{"is": knownvalue.Null(), "is_not": text("_total$")})}),
			"resources":      knownvalue.ObjectPartial(map[string]knownvalue.Check{"namespaced": knownvalue.Bool(false)}),
		}),
	})
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.promadapter_rules.all", tfjsonpath.New("rules"), rules),
			statecheck.ExpectKnownValue("data.promadapter_rules.all", tfjsonpath.New("config_map"), text("adapter-config")),
		}},
		{PreConfig: func() { setText(srv, "rules: {}\n") }, Config: config, ExpectError: regexp.MustCompile(wrapped(`Config map not understood`))},
		{PreConfig: func() { srv.DeleteConfigMap("monitoring", "adapter-config") }, Config: config, ExpectError: regexp.MustCompile(wrapped(`Config map not found`))},
	}})
}

// A data source cannot be read while the provider's settings are unknown, and says so.
func TestRulesDataSource_unknownProvider(t *testing.T) {
	t.Parallel()
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{{
		Config:      later + "provider \"promadapter\" {\n  host = terraform_data.host.output\n}\ndata \"promadapter_rules\" \"all\" {}\n",
		ExpectError: regexp.MustCompile(wrapped(`No access to the cluster`)),
	}}})
}
