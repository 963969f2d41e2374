// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// nowhere is an address that nothing listens on: to plan a new rule no cluster is needed.
const nowhere = "http://127.0.0.1:1"

func TestRule_planNeedsNoCluster(t *testing.T) {
	t.Parallel()
	runSteps(t, nil, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(nowhere), PlanOnly: true, ExpectNonEmptyPlan: true},
			{ // nor need the provider's settings be known, or all of the rule; that there is no cluster shows when it is applied
				Config: later + strings.NewReplacer(
					`host = "`+nowhere+`"`, "host = terraform_data.host.output\n  namespace = terraform_data.window.output",
					`[15s]`, `[${terraform_data.window.output}]`,
					`"^(.*)_total$"`, `terraform_data.matches.output`,
				).Replace(heavywork(nowhere)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("namespace")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
					plancheck.ExpectUnknownValue(address, tfjsonpath.New("metric")),
				}},
				ExpectError: regexp.MustCompile(`connection refused`),
			},
			{ // what turns out to be wrong is refused before anything is written
				Config:      later + strings.Replace(heavywork(nowhere), `"^(.*)_total$"`, `"^(.*_total${terraform_data.window.output}"`, 1),
				ExpectError: regexp.MustCompile(`Invalid regular expression`),
			},
		},
	})
}

const later = `
resource "terraform_data" "host" {
  input = "` + nowhere + `"
}
resource "terraform_data" "window" {
  input = "30s"
}
resource "terraform_data" "matches" {
  input = "^(.*)_total$"
}
`

// A provider block that waits for another resource must not make the rules that exist look different.
func TestRule_unknownClusterKeepsState(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	runSteps(t, srv, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				Config:           strings.Replace(later, nowhere, srv.URL, 1) + strings.Replace(heavywork(srv.URL), `host = "`+srv.URL+`"`, "host = terraform_data.host.output\n  namespace = terraform_data.host.id == \"\" ? \"\" : \"monitoring\"", 1),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop),
			},
		},
	})
}

func TestRule_refusedByPlan(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ from, to, want string }{
		"name":               {`name         = "heavywork"`, `name = "heavy work"`, `(?s)Invalid rule name.*"heavy work"`},
		"kind":               {`metric_name =`, "kind = \"extern\"\n  metric_name =", `(?s)kind.*"custom" "external"`},
		"wait_timeout":       {`metric_name =`, "wait_timeout = \"2\"\n  metric_name =", `(?s)Invalid duration.*wait_timeout = "2"`},
		"empty series_query": {`series_query = "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"`, `series_query = ""`, `Empty series_query`},
		"both filters":       {`metric_name =`, "series_filters = [{ is = \"a\", is_not = \"b\" }]\n  metric_name =", `(?s)Ambiguous series filter.*series_filters\[0\]`},
		"neither filter":     {`metric_name =`, "series_filters = [{}]\n  metric_name =", `(?s)Empty series filter.*exactly one`},
		"misspelt filter":    {`metric_name =`, "series_filters = [{ isNot = \"a\" }]\n  metric_name =", `(?s)(Unsupported attribute|isNot|Empty series filter)`},
		"bad filter":         {`metric_name =`, "series_filters = [{ is_not = \"(\" }]\n  metric_name =", `(?s)Invalid regular expression.*series_filters\[0\]\.is_not`},
		"misspelt overrides": {`overrides =`, `override =`, `(?s)(No resource mapping|Unsupported|override)`},
		"bad matches":        {`^(.*)_total$`, `^(.*_total$`, `(?s)Invalid regular expression.*metric_name\.matches`},
		"missing as":         {"_total$\"\n    as      = \"$${1}_per_second\"", "_(total)$\"", `(?s)Missing metric_name.as`},
		"as without braces":  {`$${1}_per_second`, `$1_per_second`, `(?s)Unknown capture group.*\$\{1\}_per_second`},
		"unknown field":      {`<<.Series>>`, `<<.Serie>>`, `(?s)Invalid metrics_query template.*Serie`},
		"not PromQL":         {`[15s]))`, `[15s])`, `(?s)Invalid metrics_query.*parse\s+error`},
		"await_series_in":    {`series_query = "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"`, "series_query = \"{__name__=~\\\"^h.*\\\"}\"\n  await_series_in = \"app\"", `(?s)Metric without a fixed name`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := strings.Replace(heavywork(nowhere), tt.from, tt.to, 1)
			if config == heavywork(nowhere) {
				t.Fatal("the case does not change the configuration")
			}
			runSteps(t, (*clustertest.Server)(nil), resource.TestCase{
				Steps: []resource.TestStep{{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile(tt.want)}},
			})
		})
	}
}
