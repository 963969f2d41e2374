// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// nowhere is an address that nothing listens on: planning a new rule needs no cluster.
const nowhere = "http://127.0.0.1:1"

func TestRule_planNeedsNoCluster(t *testing.T) {
	t.Parallel()
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(nowhere), PlanOnly: true, ExpectNonEmptyPlan: true},
			{ // the provider's settings and parts of the rule may be unknown; the missing cluster is an error on apply
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
			{ // a value that turns out to be wrong is refused before anything is written
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

// A provider block that waits for another resource must not make existing rules look different.
func TestRule_unknownClusterKeepsState(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				Config:           strings.Replace(later, nowhere, srv.URL, 1) + strings.Replace(heavywork(srv.URL), `host = "`+srv.URL+`"`, "host = terraform_data.host.output\n  namespace = terraform_data.host.id == \"\" ? \"\" : \"monitoring\"", 1),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop),
			},
		},
	})
}
