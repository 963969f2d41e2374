// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// ConnectionModel is the part of the provider block that says how to reach the cluster. Names and environment variables are those
// of the kubernetes provider.
type ConnectionModel struct {
	ConfigPath            types.String `tfsdk:"config_path"`
	ConfigPaths           types.List   `tfsdk:"config_paths"`
	ConfigContext         types.String `tfsdk:"config_context"`
	ConfigContextAuthInfo types.String `tfsdk:"config_context_auth_info"`
	ConfigContextCluster  types.String `tfsdk:"config_context_cluster"`
	Host                  types.String `tfsdk:"host"`
	Token                 types.String `tfsdk:"token"`
	Username              types.String `tfsdk:"username"`
	Password              types.String `tfsdk:"password"`
	ClientCertificate     types.String `tfsdk:"client_certificate"`
	ClientKey             types.String `tfsdk:"client_key"`
	ClusterCACertificate  types.String `tfsdk:"cluster_ca_certificate"`
	Insecure              types.Bool   `tfsdk:"insecure"`
	TLSServerName         types.String `tfsdk:"tls_server_name"`
	ProxyURL              types.String `tfsdk:"proxy_url"`
	Exec                  types.List   `tfsdk:"exec"`
}

type execModel struct {
	APIVersion types.String `tfsdk:"api_version"`
	Command    types.String `tfsdk:"command"`
	Args       types.List   `tfsdk:"args"`
	Env        types.Map    `tfsdk:"env"`
}

func connectionAttributes() map[string]schema.Attribute {
	text := func(description, variable string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description + " Defaults to the environment variable `" + variable + "`."}
	}
	secret := func(description, variable string) schema.StringAttribute {
		a := text(description, variable)
		a.Sensitive = true
		return a
	}
	configPath := text("Path of a kubeconfig file.", "KUBE_CONFIG_PATH")
	configPath.MarkdownDescription = "Path of a kubeconfig file. Defaults to the environment variables `KUBE_CONFIG_PATH` or `KUBECONFIG` (lists of paths)."
	configPath.Validators = []validator.String{stringvalidator.ConflictsWith(path.MatchRoot("config_paths"))}
	return map[string]schema.Attribute{
		"config_path": configPath,
		"config_paths": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Paths of kubeconfig files to merge; the first one wins. Defaults to the environment variable `KUBE_CONFIG_PATHS` (a list).",
		},
		"config_context":           text("Context of the kubeconfig. If it is not set, the file's current context.", "KUBE_CTX"),
		"config_context_auth_info": text("User of the kubeconfig, instead of the context's.", "KUBE_CTX_AUTH_INFO"),
		"config_context_cluster":   text("Cluster of the kubeconfig, instead of the context's.", "KUBE_CTX_CLUSTER"),
		"host":                     text("URL of the API server, for example `https://127.0.0.1:6443`. Overrides the kubeconfig; without `config_path` and `config_context`, no kubeconfig is read.", "KUBE_HOST"),
		"token":                    secret("Bearer token for the API server.", "KUBE_TOKEN"),
		"username":                 text("User name for basic authentication.", "KUBE_USER"),
		"password":                 secret("Password for basic authentication.", "KUBE_PASSWORD"),
		"client_certificate":       text("PEM-encoded client certificate.", "KUBE_CLIENT_CERT_DATA"),
		"client_key":               secret("PEM-encoded key of the client certificate.", "KUBE_CLIENT_KEY_DATA"),
		"cluster_ca_certificate":   text("PEM-encoded CA certificates to verify the API server's certificate with.", "KUBE_CLUSTER_CA_CERT_DATA"),
		"insecure": schema.BoolAttribute{
			Optional: true, MarkdownDescription: "Do not verify the API server's certificate. Defaults to the environment variable `KUBE_INSECURE`, then to `false`.",
		},
		"tls_server_name": text("Name to verify the API server's certificate for, if it is not the host's.", "KUBE_TLS_SERVER_NAME"),
		"proxy_url":       text("URL of a proxy for requests to the API server.", "KUBE_PROXY_URL"),
	}
}

func execBlock() schema.Block {
	return schema.ListNestedBlock{
		MarkdownDescription: "A program that prints credentials, as in a kubeconfig.",
		Validators:          []validator.List{listvalidator.SizeAtMost(1)},
		NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
			"api_version": schema.StringAttribute{Required: true, MarkdownDescription: "API version of the program's output, for example `client.authentication.k8s.io/v1`."},
			"command":     schema.StringAttribute{Required: true, MarkdownDescription: "Program to run."},
			"args":        schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Its arguments."},
			"env":         schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Environment variables to set for it."},
		}},
	}
}

// settings converts the model, which must be known.
func (m *ConnectionModel) settings(ctx context.Context) (connection.Settings, diag.Diagnostics) {
	s := connection.Settings{
		ConfigPath:            m.ConfigPath.ValueString(),
		ConfigContext:         m.ConfigContext.ValueString(),
		ConfigContextAuthInfo: m.ConfigContextAuthInfo.ValueString(),
		ConfigContextCluster:  m.ConfigContextCluster.ValueString(),
		Host:                  m.Host.ValueString(),
		Token:                 m.Token.ValueString(),
		Username:              m.Username.ValueString(),
		Password:              m.Password.ValueString(),
		ClientCertificate:     m.ClientCertificate.ValueString(),
		ClientKey:             m.ClientKey.ValueString(),
		ClusterCACertificate:  m.ClusterCACertificate.ValueString(),
		Insecure:              m.Insecure.ValueBoolPointer(),
		TLSServerName:         m.TLSServerName.ValueString(),
		ProxyURL:              m.ProxyURL.ValueString(),
	}
	diags := m.ConfigPaths.ElementsAs(ctx, &s.ConfigPaths, false)
	var execs []execModel
	diags.Append(m.Exec.ElementsAs(ctx, &execs, false)...)
	for _, e := range execs {
		s.Exec = &connection.Exec{APIVersion: e.APIVersion.ValueString(), Command: e.Command.ValueString()}
		diags.Append(e.Args.ElementsAs(ctx, &s.Exec.Args, false)...)
		diags.Append(e.Env.ElementsAs(ctx, &s.Exec.Env, false)...)
	}
	return s, diags
}
