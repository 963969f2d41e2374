// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

const heavyworkObject = `{
  series_query  = "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"
  resources     = { overrides = { namespace = { resource = "namespace" }, pod = { resource = "pod" } } }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)"
}`

const required = "terraform {\n  required_providers {\n    promadapter = { source = \"hashicorp/promadapter\" }\n  }\n}\n"

func renderOutput(name, rule, request string) string {
	return "output \"" + name + "\" {\n  value = provider::promadapter::render_query(" + rule + ", " + request + ")\n}\n"
}

// outputName makes an output name for Terraform from a case's name.
func outputName(name string) string { return strings.NewReplacer(" ", "_", "-", "_").Replace(name) }

func TestRenderQuery(t *testing.T) {
	t.Parallel()
	external := `{ kind = "external", series_query = "queue", resources = { namespaced = false, overrides = null }, metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>})" }`
	pattern := strings.Replace(heavyworkObject, `heavywork_requests_total{`, `{__name__=~\"^heavy.*\",`, 1)
	tests := map[string]struct{ rule, request, want string }{
		"one pod":   {heavyworkObject, `{ namespace = "app", names = ["a"] }`, `sum(rate(heavywork_requests_total{namespace="app",pod="a"}[15s])) by (pod)`},
		"two pods":  {heavyworkObject, `{ namespace = "app", names = ["a", "b"], resource = "pods" }`, `sum(rate(heavywork_requests_total{namespace="app",pod=~"a|b"}[15s])) by (pod)`},
		"typed":     {heavyworkObject, `{ namespace = "app", names = tolist(["a"]), resource = null }`, `sum(rate(heavywork_requests_total{namespace="app",pod="a"}[15s])) by (pod)`},
		"selector":  {heavyworkObject, `{ namespace = "app", names = ["a"], metric_selector = "code in (500,503)" }`, `sum(rate(heavywork_requests_total{code=~"500|503",namespace="app",pod="a"}[15s])) by (pod)`},
		"namespace": {heavyworkObject, `{ resource = "namespace", names = ["app"] }`, `sum(rate(heavywork_requests_total{namespace="app"}[15s])) by (namespace)`},
		"series":    {pattern, `{ namespace = "app", names = ["a"], series = "heavywork_x" }`, `sum(rate(heavywork_x{namespace="app",pod="a"}[15s])) by (pod)`},
		"external":  {external, `{ namespace = "app", metric_selector = "queue=orders" }`, `sum(queue{queue="orders"})`},
		"template for services": {
			`{ series_query = "checkout_inflight{namespace!=\"\",service!=\"\"}", resources = { template = "<<.Resource>>" }, metrics_query = "max by (service) (<<.Series>>{<<.LabelMatchers>>})" }`,
			`{ namespace = "shop", names = ["cart"], resource = "services" }`, `max by (service) (checkout_inflight{namespace="shop",service="cart"})`,
		},
		"add-on": {
			strings.Replace(heavyworkObject, `pod = { resource = "pod" }`, `gw = { group = "gateway.networking.k8s.io", resource = "gateway" }`, 1),
			`{ namespace = "app", names = ["edge"], resource = "gateways.gateway.networking.k8s.io" }`, `sum(rate(heavywork_requests_total{namespace="app",gw="edge"}[15s])) by (gw)`,
		},
		"add-on without its group": {
			strings.Replace(heavyworkObject, `pod = { resource = "pod" }`, `gw = { resource = "gateways" }`, 1),
			`{ namespace = "app", names = ["edge"], resource = "gateway.gateway.networking.k8s.io" }`, `sum(rate(heavywork_requests_total{namespace="app",gw="edge"}[15s])) by (gw)`,
		},
		"add-on by template": {
			strings.Replace(heavyworkObject, `overrides = { namespace = { resource = "namespace" }, pod = { resource = "pod" } }`, `template = "<<.Resource>>"`, 1),
			`{ namespace = "app", names = ["edge"], resource = "proxies.example.com" }`, `sum(rate(heavywork_requests_total{namespace="app",proxy="edge"}[15s])) by (proxy)`,
		},
		"grouped": {
			strings.Replace(heavyworkObject, `pod = { resource = "pod" }`, `dep = { group = "apps", resource = "deployment" }`, 1),
			`{ namespace = "app", names = ["web"], resource = "deployments.apps" }`, `sum(rate(heavywork_requests_total{namespace="app",dep="web"}[15s])) by (dep)`,
		},
	}
	config, checks := required, []statecheck.StateCheck{}
	for name, tt := range tests {
		config += renderOutput(outputName(name), tt.rule, tt.request)
		checks = append(checks, statecheck.ExpectKnownOutputValue(outputName(name), knownvalue.StringExact(tt.want)))
	}
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, ConfigStateChecks: checks}}})
}

// The resource itself can be passed, although it has more attributes, and before it exists.
func TestRenderQuery_resource(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	config := required + renderOutput("query", "promadapter_rule.heavywork", `{ namespace = "app", names = ["a"] }`) + heavywork(srv.URL)
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("query", knownvalue.StringExact(`sum(rate(heavywork_requests_total{namespace="app",pod="a"}[15s])) by (pod)`)),
		},
	}}})
}

func TestRenderQuery_refused(t *testing.T) {
	t.Parallel()
	sound := `{ namespace = "app", names = ["a"] }`
	tests := map[string]struct{ rule, request, want string }{
		"rule is a string":     {`"x"`, sound, `rule must be a promadapter_rule or an object`},
		"misspelt attribute":   {`{ seriesQuery = "x" }`, sound, `rule has no attribute "seriesQuery"`},
		"misspelt below":       {strings.Replace(heavyworkObject, `{ resource = "pod" }`, `{ resources = "pod" }`, 1), sound, `rule.resources.overrides.pod has no attribute "resources"`},
		"wrong type below":     {strings.Replace(heavyworkObject, `{ resource = "pod" }`, `{ resource = 1 }`, 1), sound, `rule.resources.overrides.pod.resource must be a string`},
		"filters are no list":  {strings.Replace(heavyworkObject, "resources ", "series_filters = { is = \"x\" }\n  resources ", 1), sound, `rule.series_filters must be a list of objects`},
		"rule is not valid":    {strings.Replace(heavyworkObject, `[15s]))`, `[15s])`, 1), sound, `the rule is not valid: metrics_query: Invalid metrics_query`},
		"unknown kind":         {strings.Replace(heavyworkObject, "resources ", "kind = \"other\"\n  resources ", 1), sound, `use custom or external`},
		"request is a list":    {heavyworkObject, `["a"]`, `request must be an object such as`},
		"misspelt request":     {heavyworkObject, `{ name = "a" }`, `request has no attribute "name"; there are metric_selector, names, namespace, resource, series`},
		"no names":             {heavyworkObject, `{ namespace = "app" }`, `names is missing`},
		"names are numbers":    {heavyworkObject, `{ names = [1] }`, `request.names[0] must be a string`},
		"bad selector":         {heavyworkObject, `{ names = ["a"], metric_selector = "a in b" }`, `metric_selector = "a in b" is not a label selector`},
		"unsupported selector": {heavyworkObject, `{ names = ["a"], metric_selector = "a>1" }`, `operator not supported by prometheus`},
		"resource not mapped":  {heavyworkObject, `{ names = ["a"], resource = "services" }`, `The rule maps labels to "namespace", "pod"`},
		"names are all":        {heavyworkObject, `{ names = ["*"] }`, `names[0] = "*": the adapter never asks Prometheus for *`},
		"names in one":         {heavyworkObject, `{ names = ["a", "b|c"] }`, `names[1] = "b|c": no object can have this name`},
		"no series":            {strings.Replace(heavyworkObject, `heavywork_requests_total{`, `{__name__=~\"^heavy.*\",`, 1), sound, `series is missing`},
	}
	files := map[string]string{"main.tf": required}
	for name, tt := range tests {
		files[outputName(name)+".tf"] = renderOutput(outputName(name), tt.rule, tt.request)
	}
	found := map[string][]diagnostic{}
	for _, d := range newTerraformRun(t, files).plan(t) {
		found[d.Range.Filename] = append(found[d.Range.Filename], d)
	}
	for name, tt := range tests {
		expectError(t, name, found[outputName(name)+".tf"], tt.want)
	}
}
