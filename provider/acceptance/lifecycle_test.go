// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// The lifecycle of a rule with the real adapter: each apply ends when the metric has its values, and the rest of the config map stays
// as it was.
func TestAccRule_lifecycle(t *testing.T) {
	c := begin(t)
	const address = "promadapter_rule.life"
	before := c.text(t, adapter)
	wait := awaitIn("app")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: counterRule("life", wait),
				Check:  resource.ComposeTestCheckFunc(c.holds(t, adapter, before+counterText("life")), c.serves(t, "acc_life"), c.serves(t, ownMetric)),
				ConfigStateChecks: []statecheck.StateCheck{
					stateHas(address, "id", knownvalue.StringExact("monitoring/adapter-config/acc-life")),
					stateHas(address, "metric", knownvalue.StringExact("acc_life")),
					stateHas(address, "ready", knownvalue.Bool(true)),
				},
			},
			{Config: counterRule("life", wait), ConfigPlanChecks: emptyPlan()},
			{
				Config:           replaceOnce(t, counterRule("life", wait), `"acc_life"`, `"acc_life_changed"`),
				ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate),
				Check:            resource.ComposeTestCheckFunc(c.serves(t, "acc_life_changed"), c.serves(t, ownMetric)),
			},
			{ResourceName: address, ImportState: true, ImportStateId: "acc-life", ImportStateVerify: true, ImportStateVerifyIgnore: []string{awaitSeries}},
		},
		CheckDestroy: c.holds(t, adapter, before),
	})
	c.await(t, "the end of the metric", func(ctx context.Context) (bool, error) {
		names, err := c.listed(ctx)
		return err == nil && !slices.Contains(names, "acc_life_changed") && slices.Contains(names, ownMetric), err
	})
}

// A rule can be renamed in the configuration, and it can be the last one that is removed from a config map.
func TestAccRule_movedAndLast(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.unused(t)
	first := "rules:\n# promadapter_rule list before: none\n" + counterText("last")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: providerAt(p) + counterRule("last", "wait = false"), Check: c.holds(t, p, first)},
			{
				Config:           providerAt(p) + labelledRule("other", "last", "wait = false") + "moved {\n  from = promadapter_rule.last\n  to   = promadapter_rule.other\n}\n",
				ConfigPlanChecks: expect("promadapter_rule.other", plancheck.ResourceActionNoop),
				Check:            c.holds(t, p, first),
			},
		},
		CheckDestroy: c.holds(t, p, ""),
	})
}
