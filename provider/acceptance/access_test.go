// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// An API server that does not answer is an error that says so, and not a reason to remove a rule from the state.
func TestAccProvider_unreachable(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.put(t, "rules: []\n")
	good := providerAt(p) + counterRule("reach", "wait = false")
	away := providerAt(p, `host = "https://127.0.0.1:1"`) + counterRule("reach", "wait = false")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: good},
			{Config: away, ExpectError: regexp.MustCompile(`connection\s+refused`)},
			{Config: good, ConfigPlanChecks: emptyPlan(), Check: c.holds(t, p, "rules:\n"+counterText("reach"))},
		},
		CheckDestroy: c.holds(t, p, "rules: []\n"),
	})
}

// Neither validate nor the plan of a new environment needs a cluster, or any settings for one.
func TestAccProvider_withoutCluster(t *testing.T) {
	begin(t)
	t.Parallel()
	apart := *shared.terraform
	apart.Env = nil
	for _, entry := range shared.terraform.Env {
		if !strings.HasPrefix(entry, "KUBE") {
			apart.Env = append(apart.Env, entry)
		}
	}
	dir := folder(t, counterRule("new"))
	for _, command := range [][]string{{"validate"}, {"plan"}} {
		out, err := apart.Run(t.Context(), dir, append(command, "-no-color")...)
		if err != nil {
			t.Error(err)
		}
		if command[0] == "plan" && !strings.Contains(string(out), "1 to add") {
			t.Errorf("the plan is %s", out)
		}
	}
	dir = folder(t, strings.Replace(counterRule("new"), "<<.Series>>", "<<.Nothing>>", 1))
	if _, err := apart.Run(t.Context(), dir, "validate", "-no-color"); err == nil || !strings.Contains(flat(err.Error()), "metrics_query") {
		t.Errorf("validate of a bad rule says %v", err)
	}
}
