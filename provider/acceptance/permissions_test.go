// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	rbacv1 "k8s.io/api/rbac/v1"
)

// where a permission applies.
type where string

const (
	atAdapter   where = "the adapter's namespace"
	atMetric    where = "the namespace asked about"
	clusterWide where = "cluster-wide"
)

// permission is one verb on one resource.
type permission struct {
	verb, resource, group string
	where                 where
}

// Permissions that the provider may need, as documented. Each of them has a case in one of the tests below.
var (
	getConfigMaps    = permission{"get", "configmaps", "", atAdapter}
	updateConfigMaps = permission{"update", "configmaps", "", atAdapter}
	createConfigMaps = permission{"create", "configmaps", "", atAdapter}
	getDeployments   = permission{"get", "deployments", "apps", atAdapter}
	patchDeployments = permission{"patch", "deployments", "apps", atAdapter}
	getMetric        = permission{"get", "pods/<metric>", "custom.metrics.k8s.io", atMetric}
	listExternal     = permission{"list", "<metric>", "external.metrics.k8s.io", atMetric}

	listLeases       = permission{"list", "leases", "coordination.k8s.io", atAdapter}
	watchConfigMaps  = permission{"watch", "configmaps", "", atAdapter}
	watchDeployments = permission{"watch", "deployments", "apps", atAdapter}
	listPods         = permission{"list", "pods", "", atAdapter}
	getLogs          = permission{"get", "pods/log", "", atAdapter}
	getAPIServices   = permission{"get", "apiservices", "apiregistration.k8s.io", clusterWide}

	needed   = []permission{getConfigMaps, updateConfigMaps, createConfigMaps, getDeployments, patchDeployments, getMetric, listExternal}
	optional = []permission{listLeases, watchConfigMaps, watchDeployments, listPods, getLogs, getAPIServices}
)

// rule is a permission for one metric.
func (p permission) rule(metric string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{p.group}, Resources: []string{strings.ReplaceAll(p.resource, "<metric>", metric)}, Verbs: []string{p.verb}}
}

// allow grants permissions, for one metric, to a provider whose adapter is in a namespace.
func (a *account) allow(t *testing.T, adapterIn, metric string, may ...permission) {
	t.Helper()
	at := map[where]string{atAdapter: adapterIn, atMetric: appNamespace, clusterWide: ""}
	for _, w := range []where{atAdapter, atMetric, clusterWide} {
		var rules []rbacv1.PolicyRule
		for _, p := range may {
			if p.where == w {
				rules = append(rules, p.rule(metric))
			}
		}
		a.grant(t, at[w], rules...)
	}
}

// but returns all permissions except some.
func but(without ...permission) []permission {
	return slices.DeleteFunc(append(slices.Clone(needed), optional...), func(p permission) bool { return slices.Contains(without, p) })
}

// grantThis matches what a message says about a missing permission.
func grantThis(p permission, metric, namespace string) *regexp.Regexp {
	text := fmt.Sprintf("grant the verb %q on the resource %q", p.verb, strings.ReplaceAll(p.resource, "<metric>", metric))
	if p.where == atMetric {
		text += fmt.Sprintf(" in the API group %q", p.group)
	}
	if p.where != clusterWide {
		text += fmt.Sprintf(" in namespace %q", namespace)
	}
	return says(text)
}

// The permissions that the tests are about are those of the documentation.
func TestPermissionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/index.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Cluster and permissions")
	section, _, _ = strings.Cut(section, "<!--")
	tables := strings.Split(section, "| Verbs ")[1:]
	if len(tables) != 2 {
		t.Fatalf("the documentation has %d tables of permissions, want one of required and one of optional permissions", len(tables))
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	for i, want := range [][]permission{needed, optional} {
		var documented []permission
		for line := range strings.Lines(tables[i]) {
			cells := strings.Split(line, "|")
			if len(cells) < 6 || !quoted.MatchString(cells[1]) {
				continue
			}
			for _, verb := range quoted.FindAllStringSubmatch(cells[1], -1) {
				group := ""
				if found := quoted.FindStringSubmatch(cells[3]); found != nil {
					group = found[1]
				}
				documented = append(documented, permission{verb[1], quoted.FindStringSubmatch(cells[2])[1], group, where(strings.TrimSpace(cells[4]))})
			}
		}
		for _, p := range documented {
			if !slices.Contains(want, p) {
				t.Errorf("the documentation has %v, but no test shows what it is for", p)
			}
		}
		for _, p := range want {
			if !slices.Contains(documented, p) {
				t.Errorf("the documentation does not have %v", p)
			}
		}
	}
}

// If one of the required permissions is missing, the error names it; once it is granted, the next apply succeeds.
func TestAccProvider_missingPermission(t *testing.T) {
	c := begin(t)
	t.Parallel()
	writing := counterRule("may", "wait = false")
	// The environment's own metric, which is served already: no adapter loads this rule.
	awaiting := replaceOnce(t, counterRule("may", waitAtMost("3s"), awaitIn(appNamespace)), metricOf("may"), ownMetric)
	reading := func(kind, metric string) string {
		return fmt.Sprintf("data \"promadapter_metric\" \"read\" {\n  kind = %q\n  metric = %q\n  namespace = %q\n}\n", kind, metric, appNamespace)
	}
	for name, tt := range map[string]struct {
		lacks   permission
		config  string
		metric  string
		missing bool // there is no config map yet
		rolls   bool // there is a Deployment
		after   *regexp.Regexp
	}{
		"get configmaps":    {lacks: getConfigMaps, config: writing},
		"update configmaps": {lacks: updateConfigMaps, config: writing},
		"create configmaps": {lacks: createConfigMaps, config: writing, missing: true},
		"get deployments":   {lacks: getDeployments, config: writing, rolls: true},
		"patch deployments": {lacks: patchDeployments, config: writing, rolls: true},
		"get metric":        {lacks: getMetric, config: reading("custom", ownMetric), metric: ownMetric},
		"await metric":      {lacks: getMetric, config: awaiting, metric: ownMetric},
		// No rule makes this one, and with the permission the error says so.
		"list external": {lacks: listExternal, config: reading("external", "nothing"), metric: "nothing", after: says("external.metrics.k8s.io is not registered")},
	} {
		t.Run(name, func(t *testing.T) {
			p, deployment := c.unused(t), ""
			if !tt.missing {
				p = c.put(t, "rules: []\n")
			}
			if tt.rolls {
				deployment = c.deployment(t)
			}
			a := c.account(t)
			a.allow(t, p.namespace, tt.metric, but(tt.lacks)...)
			config := a.provider(c.endpoint(), p, deployment) + tt.config
			namespace := p.namespace
			if tt.lacks.where == atMetric {
				namespace = appNamespace
			}
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: grantThis(tt.lacks, tt.metric, namespace)},
				{PreConfig: func() { a.allow(t, p.namespace, tt.metric, tt.lacks) }, Config: config, ExpectError: tt.after},
			}})
		})
	}
}

// With the documented permissions, without the optional ones, a rule goes through its lifecycle with the real adapter, and is read.
func TestAccProvider_documentedPermissions(t *testing.T) {
	c := begin(t)
	const address = "promadapter_rule.rights"
	for name, may := range map[string][]permission{
		"all":    but(),
		"needed": but(append(optional, createConfigMaps)...),
	} {
		t.Run(name, func(t *testing.T) {
			before := c.text(t, adapter)
			a := c.account(t)
			a.allow(t, adapter.namespace, metricOf("rights"), may...)
			provider := a.provider(c.endpoint(), adapter, adapterDeployment)
			rule := counterRule("rights", awaitIn("app"))
			reads := `
data "promadapter_metric" "rights" {
  metric    = promadapter_rule.rights.metric
  namespace = "app"
}
data "promadapter_rules" "rights" {
  depends_on = [promadapter_rule.rights]
}
`
			runSteps(t, resource.TestCase{
				Steps: []resource.TestStep{
					{
						Config: provider + rule + reads,
						Check:  resource.ComposeTestCheckFunc(c.holds(t, adapter, before+counterText("rights")), c.serves(t, metricOf("rights"))),
						ConfigStateChecks: []statecheck.StateCheck{
							stateHas(address, "ready", knownvalue.Bool(true)),
							stateHas("data.promadapter_metric.rights", "values", knownvalue.NotNull()),
							stateHas("data.promadapter_rules.rights", "rules", contains{"name": prefix + "rights", "managed": true}),
						},
					},
					{Config: provider + rule + reads, ConfigPlanChecks: emptyPlan()},
					{
						Config:           provider + replaceOnce(t, rule, "[1m]", "[2m]") + reads,
						ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate),
						Check:            c.serves(t, metricOf("rights")),
					},
					{ResourceName: address, ImportState: true, ImportStateId: prefix + "rights", ImportStateVerify: true, ImportStateVerifyIgnore: []string{awaitSeries}},
				},
				CheckDestroy: c.holds(t, adapter, before),
			})
		})
	}
}
