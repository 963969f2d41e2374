// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

var _ function.Function = (*RenderQueryFunction)(nil)

// RenderQueryFunction is provider::promadapter::render_query.
type RenderQueryFunction struct{}

// NewRenderQueryFunction returns the function.
func NewRenderQueryFunction() function.Function { return &RenderQueryFunction{} }

// Metadata names the function.
func (*RenderQueryFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "render_query"
}

// Definition describes the function. Both parameters are dynamic, because an object type has no attributes that can be left out.
func (*RenderQueryFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "PromQL query that prometheus-adapter sends for a rule",
		MarkdownDescription: "Returns the PromQL query that prometheus-adapter sends to Prometheus when a client, for example a HorizontalPodAutoscaler, asks for the metric of a rule. " +
			"It is rendered by the adapter's own code, without a cluster. Needs Terraform 1.8 or later.",
		Parameters: []function.Parameter{
			function.DynamicParameter{
				Name: "rule",
				MarkdownDescription: "A `promadapter_rule`, or an object with some of its attributes: `kind`, `series_query`, `series_filters`, `resources`, `metric_name` and `metrics_query`. " +
					"Only `series_query` and `metrics_query` are required, and `resources` for a custom metric. Other attributes of the resource are ignored.",
			},
			function.DynamicParameter{
				Name: "request",
				MarkdownDescription: "An object that describes the request. All attributes are optional: `resource` (a string, default `pods`; with its group if it has one, for example `deployments.apps`), " +
					"`names` (list of strings, the names of the objects; the adapter resolves `*` to names before it queries Prometheus), `namespace` (a string; none for cluster-scoped objects), " +
					"`metric_selector` (a string, label selector of the metric's own labels, for example `code=500`) and " +
					"`series` (a string, needed if `series_query` does not name one series). For an external metric `resource` and `names` have no meaning.",
			},
		},
		Return: function.StringReturn{},
	}
}

// Positions of the parameters.
const (
	ruleArgument = iota
	requestArgument
)

// Run renders the query.
func (*RenderQueryFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var ruleValue, requestValue types.Dynamic
	resp.Error = req.Arguments.Get(ctx, &ruleValue, &requestValue)
	if resp.Error != nil {
		return
	}
	kind, r, err := ruleOf(ctx, ruleValue)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(ruleArgument, err.Error())
		return
	}
	request, err := requestOf(requestValue, kind, r)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(requestArgument, err.Error())
		return
	}
	query, err := rule.Render(kind, r, request)
	if err != nil {
		argument, text := explainRender(err, kind, r, request)
		resp.Error = function.NewArgumentFuncError(int64(argument), text)
		return
	}
	resp.Error = resp.Result.Set(ctx, query)
}

// ruleOf reads the argument rule and refuses a rule that the adapter would refuse.
func ruleOf(ctx context.Context, value types.Dynamic) (rule.Kind, rule.Rule, error) {
	var r rule.Rule
	o, err := objectOf(value, "rule", "a promadapter_rule or an object with series_query and metrics_query")
	if err != nil {
		return "", r, err
	}
	kind := rule.KindCustom
	if text := o.text("kind"); text != "" {
		kind = rule.Kind(text)
	}
	r.SeriesQuery, r.MetricsQuery = o.text("series_query"), o.text("metrics_query")
	for _, f := range o.list("series_filters") {
		r.SeriesFilters = append(r.SeriesFilters, rule.Filter{Is: f.text("is"), IsNot: f.text("is_not")})
		f.done("is", "is_not")
	}
	res := o.object("resources")
	r.Resources.Template, r.Resources.Namespaced = res.text("template"), res.flag("namespaced")
	overrides := res.object("overrides")
	for label := range overrides.attributes {
		if r.Resources.Overrides == nil {
			r.Resources.Overrides = map[string]rule.GroupResource{}
		}
		override := overrides.object(label)
		r.Resources.Overrides[label] = rule.GroupResource{Group: override.text("group"), Resource: override.text("resource")}
		override.done("group", "resource")
	}
	res.done("template", "overrides", "namespaced")
	name := o.object("metric_name")
	r.Name = rule.Name{Matches: name.text("matches"), As: name.text("as")}
	name.done("matches", "as")
	o.done(ruleAttributes(ctx)...)
	if *o.err != nil {
		return "", r, *o.err
	}
	if kind != rule.KindCustom && kind != rule.KindExternal {
		return "", r, fmt.Errorf("kind = %q: use custom or external", kind)
	}
	for _, problem := range rule.Validate(kind, r) {
		if !problem.Warning {
			return "", r, fmt.Errorf("the rule is not valid: %w", problem)
		}
	}
	return kind, r, nil
}

// ruleAttributes returns the names of the resource's attributes, so that a resource can be passed as it is.
func ruleAttributes(ctx context.Context) []string {
	var resp resource.SchemaResponse
	(&RuleResource{}).Schema(ctx, resource.SchemaRequest{}, &resp)
	return slices.Collect(maps.Keys(resp.Schema.Attributes))
}

// requestOf reads the argument request.
func requestOf(value types.Dynamic, kind rule.Kind, r rule.Rule) (rule.Request, error) {
	var req rule.Request
	o, err := objectOf(value, "request", `an object such as { namespace = "app", names = ["heavywork-0"] }`)
	if err != nil {
		return req, err
	}
	req.Series, req.Namespace, req.Names = o.text("series"), o.text("namespace"), o.texts("names")
	gr := schema.ParseGroupResource(o.text("resource"))
	req.Resource = rule.GroupResource{Group: gr.Group, Resource: gr.Resource}
	selector := o.text("metric_selector")
	o.done("series", "resource", "namespace", "names", "metric_selector")
	if *o.err != nil {
		return req, *o.err
	}
	if req.Selector, err = labels.Parse(selector); err != nil {
		return req, fmt.Errorf("metric_selector = %q is not a label selector: %w; write for example code=500,method!=GET", selector, err)
	}
	if req.Series == "" {
		series, ok := rule.Series(r.SeriesQuery)
		if !ok {
			return req, fmt.Errorf("series is missing: series_query %q can select series of several names, so say which one is meant, for example series = \"heavywork_requests_total\"", r.SeriesQuery)
		}
		req.Series = series
	}
	if kind == rule.KindExternal {
		if req.Namespace == "" {
			return req, errors.New(`namespace is missing: an external metric is requested from a namespace, for example namespace = "default"`)
		}
		return req, nil
	}
	if req.Resource.Resource == "" {
		req.Resource.Resource = "pods"
	}
	if len(req.Names) == 0 {
		return req, errors.New(`names is missing: the adapter asks for the values of named objects, for example names = ["heavywork-0", "heavywork-1"]`)
	}
	for i, name := range req.Names {
		if err := objectName(name); err != nil {
			return req, fmt.Errorf("names[%d] = %q: %w", i, name, err)
		}
	}
	return req, nil
}

// objectName refuses what cannot be an object's name: a pattern, or several names in one.
func objectName(name string) error {
	if name == "*" {
		return errors.New(`the adapter never asks Prometheus for *: it looks up the objects and asks for their names; list them, for example names = ["heavywork-0", "heavywork-1"]`)
	}
	if wrong := validation.IsDNS1123Subdomain(name); len(wrong) > 0 {
		return errors.New("no object can have this name: use lower-case letters, digits, dashes and dots, and write one name per item of the list")
	}
	return nil
}

// explainRender says which argument an error comes from.
func explainRender(err error, kind rule.Kind, r rule.Rule, req rule.Request) (int, string) {
	if kind == rule.KindCustom && r.Resources.Template == "" {
		return requestArgument, fmt.Sprintf("no query for resource %q in namespace %q: %v. The rule maps labels to %s; ask for one of these, or leave namespace out for cluster-scoped objects.",
			req.Resource.Resource, req.Namespace, err, mapped(r))
	}
	return requestArgument, fmt.Sprintf("no query for this request: %v", err)
}

func mapped(r rule.Rule) string {
	var resources []string
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		resources = append(resources, fmt.Sprintf("%q", r.Resources.Overrides[label].Resource))
	}
	return strings.Join(resources, ", ")
}
