// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

var (
	_ datasource.DataSource                   = (*MetricDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*MetricDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*MetricDataSource)(nil)
)

// MetricDataSource is promadapter_metric.
type MetricDataSource struct {
	dataSource
}

// NewMetricDataSource returns the data source, not yet configured.
func NewMetricDataSource() datasource.DataSource { return &MetricDataSource{} }

// MetricDataSourceModel is the data source in configuration and state.
type MetricDataSourceModel struct {
	Kind           types.String `tfsdk:"kind"`
	Metric         types.String `tfsdk:"metric"`
	Namespace      types.String `tfsdk:"namespace"`
	Resource       types.String `tfsdk:"resource"`
	Name           types.String `tfsdk:"name"`
	Selector       types.String `tfsdk:"selector"`
	MetricSelector types.String `tfsdk:"metric_selector"`
	Values         types.List   `tfsdk:"values"`
}

// Metadata names the data source.
func (d *MetricDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_metric"
}

// Schema describes the data source.
func (d *MetricDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Current values of a custom or external metric, as a HorizontalPodAutoscaler gets them from the metrics API. " +
			"They are read at every plan. A metric that is not listed is an error, which names similar ones; a metric without values gives an empty list.",
		Attributes: map[string]schema.Attribute{
			"kind": schema.StringAttribute{
				Optional: true, Validators: []validator.String{stringvalidator.OneOf(string(rule.KindCustom), string(rule.KindExternal))},
				MarkdownDescription: "`custom` for a metric of Kubernetes objects (custom.metrics.k8s.io, the default), `external` for one that belongs to nothing in the cluster (external.metrics.k8s.io).",
			},
			"metric": schema.StringAttribute{
				Required: true, Validators: notEmpty,
				MarkdownDescription: "Name of the metric in the metrics API, for example `heavywork_requests_per_second`.",
			},
			"namespace": schema.StringAttribute{
				Optional: true, Validators: notEmpty,
				MarkdownDescription: "Namespace of the objects, or the one from which an external metric is requested (required then). Leave it out for cluster-scoped objects such as nodes.",
			},
			"resource": schema.StringAttribute{
				Optional: true, Validators: notEmpty,
				MarkdownDescription: "For custom metrics: plural name of the objects' resource, with its group if it has one, for example `services` or `deployments.apps`. Defaults to `pods`.",
			},
			"name": schema.StringAttribute{
				Optional: true, Validators: notEmpty,
				MarkdownDescription: "For custom metrics: name of one object. By default all objects that `selector` selects. Required if `resource` is `namespaces`.",
			},
			"selector": schema.StringAttribute{
				Optional: true, Validators: isLabelSelector(),
				MarkdownDescription: "For custom metrics: label selector of the objects, for example `app=heavywork`. By default all objects.",
			},
			"metric_selector": schema.StringAttribute{
				Optional: true, Validators: isLabelSelector(),
				MarkdownDescription: "Label selector of the metric's own labels, for example `code=500`; the adapter adds it to the query. By default all of them.",
			},
			"values": schema.ListNestedAttribute{
				Computed:            true,
				MarkdownDescription: "Values, one per object or per set of labels, sorted by object or labels.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"object": schema.SingleNestedAttribute{
						Computed:            true,
						MarkdownDescription: "Object that the value belongs to. Null for external metrics.",
						Attributes: map[string]schema.Attribute{
							"api_version": schema.StringAttribute{Computed: true, MarkdownDescription: "API version of the object, for example `v1` or `apps/v1`."},
							"kind":        schema.StringAttribute{Computed: true, MarkdownDescription: "Kind of the object, for example `Pod`."},
							"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the object."},
							"namespace":   schema.StringAttribute{Computed: true, MarkdownDescription: "Namespace of the object. Null for cluster-scoped objects."},
						},
					},
					"labels": schema.MapAttribute{
						Computed: true, ElementType: types.StringType,
						MarkdownDescription: "Labels of the value, for external metrics. Empty for custom metrics.",
					},
					"value": schema.NumberAttribute{
						Computed:            true,
						MarkdownDescription: "Value as a number, for example `9.8`.",
					},
					"quantity": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Value as the Kubernetes quantity that the metrics API returned, for example `9800m`.",
					},
					"timestamp": schema.StringAttribute{
						Computed:            true,
						MarkdownDescription: "Time at which the value was produced, in RFC 3339 form. prometheus-adapter sets the time of the request for custom metrics.",
					},
					"window_seconds": schema.Int64Attribute{
						Computed:            true,
						MarkdownDescription: "Length in seconds of the window that the value was calculated from. Null if the metrics API does not report it, as with prometheus-adapter.",
					},
				}},
			},
		},
	}
}

// ValidateConfig checks which arguments must or must not be combined.
func (d *MetricDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var m MetricDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.Kind.IsUnknown() {
		return
	}
	if m.Kind.ValueString() == string(rule.KindExternal) {
		if m.Namespace.IsNull() {
			resp.Diagnostics.AddAttributeError(path.Root("namespace"), "Missing namespace",
				"An external metric is requested from a namespace, usually the HorizontalPodAutoscaler's; set namespace, for example namespace = \"default\".")
		}
		for name, value := range map[string]types.String{"resource": m.Resource, "name": m.Name, "selector": m.Selector} {
			if !value.IsNull() {
				resp.Diagnostics.AddAttributeError(path.Root(name), "Not for external metrics",
					fmt.Sprintf("%s has no meaning for kind = \"external\", because an external metric belongs to no object; leave it out, or use metric_selector for the labels of the metric.", name))
			}
		}
		return
	}
	if !m.Name.IsNull() && !m.Selector.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("selector"), "Both selector and name", "Both name and selector are set; set name for one object, or selector for those with certain labels.")
	}
	if m.Resource.ValueString() != "namespaces" {
		return
	}
	if m.Name.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Missing name", "The metrics API serves one namespace at a time; set name to the namespace.")
	}
	if !m.Namespace.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("namespace"), "Namespace of a namespace", "A namespace is not in another one; with resource = \"namespaces\" set name to it and leave namespace out.")
	}
}

var (
	objectTypes = map[string]attr.Type{"api_version": types.StringType, "kind": types.StringType, "name": types.StringType, "namespace": types.StringType}
	valueType   = types.ObjectType{AttrTypes: map[string]attr.Type{
		"object": types.ObjectType{AttrTypes: objectTypes}, "labels": types.MapType{ElemType: types.StringType}, "value": types.NumberType,
		"quantity": types.StringType, "timestamp": types.StringType, "window_seconds": types.Int64Type,
	}}
)

// Read asks the metrics API.
func (d *MetricDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m MetricDataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	client := d.client(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	query := m.query()
	for name, value := range map[string]string{"metric": query.Metric, "namespace": query.Namespace, "resource": query.Resource, "name": query.Name} {
		if faults := content.IsPathSegmentName(value); len(faults) > 0 {
			resp.Diagnostics.AddAttributeError(path.Root(name), "Invalid value", fmt.Sprintf("%s = %q cannot be a part of a URL: it %s.", name, value, strings.Join(faults, ", ")))
		}
	}
	if resp.Diagnostics.HasError() {
		return
	}
	values, err := client.Metrics.Values(ctx, query)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("metric"), "Metric not available", fmt.Sprintf("The values of the metric %q cannot be read. %s", query.Metric, sentence(err)))
		return
	}
	elements := make([]attr.Value, 0, len(values))
	for _, v := range values {
		element, diags := flattenValue(v)
		resp.Diagnostics.Append(diags...)
		elements = append(elements, element)
	}
	list, diags := types.ListValue(valueType, elements)
	resp.Diagnostics.Append(diags...)
	m.Values = list
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (m *MetricDataSourceModel) query() metricsapi.Query {
	q := metricsapi.Query{
		API: metricsapi.CustomMetrics, Metric: m.Metric.ValueString(), Namespace: m.Namespace.ValueString(), Resource: m.Resource.ValueString(),
		Name: m.Name.ValueString(), Selector: m.Selector.ValueString(), MetricSelector: m.MetricSelector.ValueString(),
	}
	if m.Kind.ValueString() == string(rule.KindExternal) {
		q.API = metricsapi.ExternalMetrics
	} else if q.Resource == "" {
		q.Resource = "pods"
	}
	return q
}

func flattenValue(v metricsapi.Value) (attr.Value, diag.Diagnostics) {
	object := types.ObjectNull(objectTypes)
	if v.Object != nil {
		object = types.ObjectValueMust(objectTypes, map[string]attr.Value{
			"api_version": types.StringValue(strings.TrimPrefix(v.Object.APIVersion, "/")), // the adapter writes /v1 for the core group
			"kind":        types.StringValue(v.Object.Kind),
			"name":        types.StringValue(v.Object.Name),
			"namespace":   orNull(v.Object.Namespace),
		})
	}
	labels := make(map[string]attr.Value, len(v.Labels))
	for name, value := range v.Labels {
		labels[name] = types.StringValue(value)
	}
	number, _, err := big.ParseFloat(v.Value.AsDec().String(), 10, 512, big.ToNearestEven) // 512 bits, as Terraform itself does
	if err != nil {
		var diags diag.Diagnostics
		diags.AddError("Unexpected value", fmt.Sprintf("The metrics API returned the value %q, which is not a number: %v.", v.Value.String(), err))
		return nil, diags
	}
	return types.ObjectValue(valueType.AttrTypes, map[string]attr.Value{
		"object": object, "labels": types.MapValueMust(types.StringType, labels), "value": types.NumberValue(number),
		"quantity": types.StringValue(v.Value.String()), "timestamp": types.StringValue(v.Timestamp.UTC().Format(time.RFC3339)),
		"window_seconds": types.Int64PointerValue(v.WindowSeconds),
	})
}
