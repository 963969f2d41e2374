// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var (
	_ datasource.DataSource              = (*RulesDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*RulesDataSource)(nil)
)

// RulesDataSource is promadapter_rules.
type RulesDataSource struct {
	dataSource
}

// NewRulesDataSource returns the data source, not yet configured.
func NewRulesDataSource() datasource.DataSource { return &RulesDataSource{} }

// RulesDataSourceModel is the data source in configuration and state.
type RulesDataSourceModel struct {
	Namespace types.String `tfsdk:"namespace"`
	ConfigMap types.String `tfsdk:"config_map"`
	ConfigKey types.String `tfsdk:"config_key"`
	Rules     types.List   `tfsdk:"rules"`
}

// Metadata names the data source.
func (d *RulesDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_rules"
}

// Schema describes the data source.
func (d *RulesDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	resp.Schema = schema.Schema{
		MarkdownDescription: "All rules in the adapter's config map: those that `promadapter_rule` wrote and those that something else did. " +
			"The config map is read at every plan; it does not say whether the adapter has loaded it.",
		Attributes: map[string]schema.Attribute{
			"namespace": schema.StringAttribute{
				Optional: true, Computed: true, Validators: notEmpty,
				MarkdownDescription: "Namespace of the config map. Defaults to the provider's `namespace`.",
			},
			"config_map": schema.StringAttribute{
				Optional: true, Computed: true, Validators: notEmpty,
				MarkdownDescription: "Config map with the adapter's rules. Defaults to the provider's `config_map`.",
			},
			"config_key": schema.StringAttribute{
				Optional: true, Computed: true, Validators: notEmpty,
				MarkdownDescription: "Key of the config map that holds the adapter's configuration. Defaults to `" + defaultConfigKey + "`.",
			},
			"rules": listedRules(),
		},
	}
}

func listedRules() schema.ListNestedAttribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "Rules in the order in which the adapter reads them, those for custom metrics first. The two queries for CPU and memory under `resourceRules` are not among them.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"name":    text("Name of the rule, if `promadapter_rule` manages it. Null otherwise."),
			"managed": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the rule is between marker comments of `promadapter_rule`. It may be managed by another configuration."},
			"kind":    text("`custom` or `external`."),
			"index":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Position of the rule among those of its kind, from 0."},
			"metric":  text("Name of the metric in the metrics API. Null when it depends on which series Prometheus has, that is, when `series_query` does not name one."),

			"series_query": text("Prometheus series selector for the series that the rule is about."),
			"series_filters": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Conditions on the names of the series. Null if there are none.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"is":     text("Go regular expression that the name must match."),
					"is_not": text("Go regular expression that the name must not match."),
				}},
			},
			"resources": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Which labels of the series name which Kubernetes resources. Null if nothing is set.",
				Attributes: map[string]schema.Attribute{
					"template": text("Go template that makes a label of `.Group` and `.Resource`."),
					"overrides": schema.MapNestedAttribute{
						Computed:            true,
						MarkdownDescription: "Resources by label.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"group":    text("API group of the resource, or an empty string."),
							"resource": text("Name of the resource."),
						}},
					},
					"namespaced": schema.BoolAttribute{Computed: true, MarkdownDescription: "For external metrics: whether the query is limited to the namespace of the request. Null if the rule does not say."},
				},
			},
			"metric_name": schema.SingleNestedAttribute{
				Computed:            true,
				MarkdownDescription: "How the name of the metric is made from that of the series. Null if nothing is set.",
				Attributes: map[string]schema.Attribute{
					"matches": text("Go regular expression that the name of the series must match."),
					"as":      text("Name of the metric, with capture groups of `matches`."),
				},
			},
			"metrics_query": text("Go template of the PromQL query for the metric's values."),
		}},
	}
}

var listedRuleType = listedRules().NestedObject.Type().(types.ObjectType)

// Read lists the rules.
func (d *RulesDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m RulesDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	client := d.client(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	for _, part := range []struct {
		value    *types.String
		standard types.String
		name     string
	}{
		{&m.Namespace, d.data.namespace, "namespace"}, {&m.ConfigMap, d.data.configMap, "config_map"}, {&m.ConfigKey, types.StringValue(defaultConfigKey), "config_key"},
	} {
		if part.value.IsNull() {
			*part.value = part.standard
		}
		if part.value.IsUnknown() {
			resp.Diagnostics.AddAttributeError(path.Root(part.name), "Unknown value",
				fmt.Sprintf("The provider's %s is not known yet while Terraform plans; set %s here, or add a depends_on on what it waits for.", part.name, part.name))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	target := configmap.Target{Namespace: m.Namespace.ValueString(), ConfigMap: m.ConfigMap.ValueString(), Key: m.ConfigKey.ValueString()}
	snapshot, err := client.ConfigMaps.Read(ctx, target)
	if err != nil {
		resp.Diagnostics.AddError("Config map not accessible", fmt.Sprintf("The rules in %s cannot be listed. %s", target, sentence(err)))
		return
	}
	file, err := rulefile.Parse(snapshot.Text)
	if err != nil {
		resp.Diagnostics.AddError("Config map not understood", fmt.Sprintf("The rules in %s cannot be listed. %s", target, sentence(err)))
		return
	}
	if err := file.Refused(); err != nil {
		resp.Diagnostics.AddWarning("Adapter refuses the text", fmt.Sprintf("The adapter's loader refuses the text in %s, and no rule in it can be changed until it is corrected. %s", target, sentence(err)))
	}
	elements := []attr.Value{}
	for _, l := range file.List() {
		if l.Kind == rulefile.KindResource {
			continue
		}
		if l.Err != nil {
			resp.Diagnostics.AddWarning("Rule is not readable", fmt.Sprintf("%s has a rule at line %d that the adapter cannot load: %v.", target, l.Line, l.Err))
		}
		element, diags := flattenListed(l)
		resp.Diagnostics.Append(diags...)
		elements = append(elements, element)
	}
	list, diags := types.ListValue(listedRuleType, elements)
	resp.Diagnostics.Append(diags...)
	m.Rules = list
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func flattenListed(l rulefile.Listed) (attr.Value, diag.Diagnostics) {
	metric, _ := rule.Metric(l.Rule)
	return types.ObjectValue(listedRuleType.AttrTypes, map[string]attr.Value{
		"name": orNull(l.Name), "managed": types.BoolValue(l.Ours()), "kind": types.StringValue(string(l.Kind)), "index": types.Int64Value(int64(l.Index)),
		"metric": orNull(metric), "series_query": types.StringValue(l.Rule.SeriesQuery), "series_filters": flattenFilters(l.Rule.SeriesFilters),
		"resources": flattenResources(l.Rule.Resources), "metric_name": flattenMetricName(l.Rule.Name), "metrics_query": types.StringValue(l.Rule.MetricsQuery),
	})
}
