// SPDX-License-Identifier: Apache-2.0

// Package provider is the Terraform side of the provider: schemas, plans, state and diagnostics. What a rule is, how it is kept
// in a config map and how the adapter takes it up is the business of the packages rule, rulefile and cluster.
package provider

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
)

// Address is where the provider is found in a registry.
const Address = "registry.terraform.io/nginx-prometheus-hpa/promadapter"

var _ provider.Provider = (*PromadapterProvider)(nil)

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
	ConfigPath           types.String `tfsdk:"config_path"`
	ConfigContext        types.String `tfsdk:"config_context"`
	Host                 types.String `tfsdk:"host"`
	Token                types.String `tfsdk:"token"`
	ClusterCACertificate types.String `tfsdk:"cluster_ca_certificate"`
	Insecure             types.Bool   `tfsdk:"insecure"`
	Namespace            types.String `tfsdk:"namespace"`
	ConfigMap            types.String `tfsdk:"config_map"`
	Deployment           types.String `tfsdk:"deployment"`
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
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the rules of [prometheus-adapter](https://github.com/kubernetes-sigs/prometheus-adapter), which turn Prometheus series into metrics " +
			"that a HorizontalPodAutoscaler can use. Without any settings, the cluster is that of the kubeconfig named by the environment variable `KUBE_CONFIG_PATH` or `KUBECONFIG`, " +
			"or the one that Terraform runs in.",
		Attributes: map[string]schema.Attribute{
			"config_path":            text("Path of a kubeconfig file. Defaults to the environment variables `KUBE_CONFIG_PATH` or `KUBECONFIG` (lists of paths)."),
			"config_context":         text("Context of the kubeconfig. Defaults to the environment variable `KUBE_CTX`, then to the file's current context."),
			"host":                   text("URL of the API server, for example `https://127.0.0.1:6443`. Goes before what the kubeconfig says."),
			"token":                  schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Bearer token for the API server. Goes before what the kubeconfig says."},
			"cluster_ca_certificate": text("PEM-encoded certificates of the authority that the API server's certificate is checked against."),
			"insecure":               schema.BoolAttribute{Optional: true, MarkdownDescription: "Do not check the API server's certificate. Defaults to `false`."},
			"namespace":              text("Namespace of the adapter, its config map and its Deployment. Defaults to `" + defaultNamespace + "`."),
			"config_map":             text("Config map with the adapter's rules. Defaults to `" + defaultConfigMap + "`."),
			"deployment":             text("Deployment of the adapter, which is rolled when rules change. Defaults to `" + defaultDeployment + "`; an empty string means that something else makes the adapter load its rules."),
		},
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

	connect func() (*cluster.Client, error)
}

// errUnknownCluster is returned by connect while a part of the provider block is not known.
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
	}
	data.connect = sync.OnceValues(func() (*cluster.Client, error) { return p.connect(m) })
	resp.ResourceData = data
}

func (p *PromadapterProvider) connect(m PromadapterProviderModel) (*cluster.Client, error) {
	if m.ConfigPath.IsUnknown() || m.ConfigContext.IsUnknown() || m.Host.IsUnknown() || m.Token.IsUnknown() ||
		m.ClusterCACertificate.IsUnknown() || m.Insecure.IsUnknown() {
		return nil, errUnknownCluster
	}
	cfg, err := cluster.Config(cluster.Settings{
		ConfigPath:           m.ConfigPath.ValueString(),
		ConfigContext:        m.ConfigContext.ValueString(),
		Host:                 m.Host.ValueString(),
		Token:                m.Token.ValueString(),
		ClusterCACertificate: m.ClusterCACertificate.ValueString(),
		Insecure:             m.Insecure.ValueBool(),
		UserAgent:            "terraform-provider-promadapter/" + p.version,
	}, p.getenv)
	if err != nil {
		return nil, err
	}
	return cluster.New(cfg, p.waits)
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
func (p *PromadapterProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }
