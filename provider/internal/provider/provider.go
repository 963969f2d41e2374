// SPDX-License-Identifier: Apache-2.0

// Package provider is the Terraform side of the provider: schemas, plans, state and diagnostics. The packages rule, rulefile and
// cluster know what a rule is, how it is kept in a config map and how it takes effect in the adapter.
package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// Address is the provider's address in a registry.
const Address = "registry.terraform.io/nginx-prometheus-hpa/promadapter"

var (
	_ provider.Provider              = (*PromadapterProvider)(nil)
	_ provider.ProviderWithFunctions = (*PromadapterProvider)(nil)
)

// PromadapterProvider holds what does not depend on its configuration.
type PromadapterProvider struct {
	version string
	waits   cluster.Options
	getenv  func(string) string
}

// New returns the provider's factory.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &PromadapterProvider{version: version, getenv: os.Getenv} }
}

// PromadapterProviderModel is the provider block.
type PromadapterProviderModel struct {
	ConnectionModel
	scrapeModel
	Namespace  types.String `tfsdk:"namespace"`
	ConfigMap  types.String `tfsdk:"config_map"`
	Deployment types.String `tfsdk:"deployment"`
}

// Metadata names the provider.
func (p *PromadapterProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "promadapter"
	resp.Version = p.version
}

// Schema describes the provider block.
func (p *PromadapterProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description}
	}
	attributes := connectionAttributes()
	maps.Copy(attributes, providerScrapeInterval())
	maps.Copy(attributes, map[string]schema.Attribute{
		"namespace":  text("Namespace of the adapter, its config map and its Deployment. Defaults to `" + defaultNamespace + "`."),
		"config_map": text("Config map with the adapter's rules. Defaults to `" + defaultConfigMap + "`."),
		"deployment": text("Deployment of the adapter, which is rolled when rules change, unless it loads them by itself. Defaults to `" + defaultDeployment + "`; an empty string means that something else makes the adapter load its rules."),
	})
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the rules of [prometheus-adapter](https://github.com/kubernetes-sigs/prometheus-adapter), which turn Prometheus series into metrics " +
			"that a HorizontalPodAutoscaler can use. Without any settings, the cluster is that of the kubeconfig named by the environment variable `KUBE_CONFIG_PATH` or `KUBECONFIG`, " +
			"or the one that Terraform runs in.",
		Attributes: attributes,
		Blocks:     map[string]schema.Block{"exec": execBlock()},
	}
}

const (
	defaultNamespace  = "monitoring"
	defaultConfigMap  = "adapter-config"
	defaultDeployment = "prometheus-adapter"
)

// providerData is what resources get from the provider block. The defaults may be unknown while Terraform plans.
type providerData struct {
	namespace, configMap, deployment types.String

	scrapeModel
	metrics *metricNames

	connect func() (*cluster.Client, error)
	rules   rulefile.Cache
}

// reuse is how old an answer of the API server may be when Terraform reads one rule after another.
const reuse = 100 * time.Millisecond

// errUnknownCluster is returned by connect while part of the provider block is unknown.
var errUnknownCluster = errors.New("the provider's connection settings are not known yet")

// Configure prepares access to the cluster without contacting it.
func (p *PromadapterProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m PromadapterProviderModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &providerData{
		namespace:  orDefault(m.Namespace, defaultNamespace),
		configMap:  orDefault(m.ConfigMap, defaultConfigMap),
		deployment: orDefault(m.Deployment, defaultDeployment),

		scrapeModel: m.scrapeModel,
		metrics:     newMetricNames(),
	}
	var values map[string]tftypes.Value
	if err := req.Config.Raw.As(&values); err != nil {
		resp.Diagnostics.AddError("Unexpected provider data", sentence(err))
		return
	}
	data.connect = sync.OnceValues(func() (*cluster.Client, error) { return p.connect(ctx, m.ConnectionModel, values) })
	resp.ResourceData = data
	resp.DataSourceData = data
}

func (p *PromadapterProvider) connect(ctx context.Context, m ConnectionModel, values map[string]tftypes.Value) (*cluster.Client, error) {
	if !values["exec"].IsFullyKnown() {
		return nil, errUnknownCluster
	}
	for name := range connectionAttributes() {
		if !values[name].IsFullyKnown() {
			return nil, errUnknownCluster
		}
	}
	settings, diags := m.settings(ctx)
	if diags.HasError() {
		return nil, fmt.Errorf("unexpected connection settings: %v", diags)
	}
	settings.UserAgent = "terraform-provider-promadapter/" + p.version
	cfg, err := connection.Config(settings, p.getenv)
	if err != nil {
		return nil, err
	}
	kube, err := connection.New(cfg)
	if err != nil {
		return nil, err
	}
	waits := p.waits
	waits.Reuse = reuse
	return cluster.New(kube, waits), nil
}

func orDefault(value types.String, standard string) types.String {
	if value.IsNull() {
		return types.StringValue(standard)
	}
	return value
}

// Resources lists the provider's resources.
func (p *PromadapterProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{NewRuleResource}
}

// DataSources lists the provider's data sources.
func (p *PromadapterProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{NewMetricDataSource, NewRulesDataSource}
}

// Functions lists the provider's functions.
func (p *PromadapterProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{NewRenderQueryFunction}
}
