// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/provider"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// providersSchema returns what "terraform providers schema -json" prints for the provider of this clone, in the form that tfplugindocs
// expects.
func providersSchema(ctx context.Context, providerDir, temp string) ([]byte, error) {
	terraform, err := tfdev.New(ctx, providerDir, temp)
	if err != nil {
		return nil, err
	}
	work := filepath.Join(temp, "work")
	if err := os.MkdirAll(work, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for a configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(work, "main.tf"), []byte(tfdev.RequiredProviders), 0o600); err != nil {
		return nil, fmt.Errorf("writing a configuration: %w", err)
	}
	raw, err := terraform.Run(ctx, work, "providers", "schema", "-json")
	if err != nil {
		return nil, fmt.Errorf("asking for the provider's schemas: %w", err)
	}
	return forTFPluginDocs(ctx, raw)
}

// forTFPluginDocs renames the provider to what tfplugindocs expects, whichever registry the source was completed with. It adds the
// identity of resources, which Terraform omits before version 1.12, so that the pages are the same with every version.
func forTFPluginDocs(ctx context.Context, raw []byte) ([]byte, error) {
	var found struct {
		FormatVersion string                                `json:"format_version"`
		Schemas       map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil, fmt.Errorf("reading the provider's schemas: %w", err)
	}
	for address, schema := range found.Schemas {
		if !strings.HasSuffix(address, "/"+tfdev.Source) {
			continue
		}
		identities, err := identitySchemas(ctx)
		if err != nil {
			return nil, err
		}
		schema["resource_identity_schemas"] = identities
		found.Schemas = map[string]map[string]json.RawMessage{tfdev.TypeName: schema}
		return json.Marshal(found)
	}
	return nil, fmt.Errorf("the schemas are not those of %s", tfdev.Source)
}

type identityAttribute struct {
	Type              string `json:"type"`
	Description       string `json:"description,omitempty"`
	RequiredForImport bool   `json:"required_for_import,omitempty"`
	OptionalForImport bool   `json:"optional_for_import,omitempty"`
}

type identitySchema struct {
	Version    int64                        `json:"version"`
	Attributes map[string]identityAttribute `json:"attributes"`
}

// identitySchemas asks the provider itself.
func identitySchemas(ctx context.Context) (json.RawMessage, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err != nil {
		return nil, fmt.Errorf("starting the provider: %w", err)
	}
	resp, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, fmt.Errorf("asking for the identity of resources: %w", err)
	}
	out := map[string]identitySchema{}
	for name, schema := range resp.IdentitySchemas {
		attributes := map[string]identityAttribute{}
		for _, a := range schema.IdentityAttributes {
			kind, err := typeName(a.Type)
			if err != nil {
				return nil, fmt.Errorf("describing %s.%s: %w", name, a.Name, err)
			}
			attributes[a.Name] = identityAttribute{Type: kind, Description: a.Description, RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport}
		}
		out[name] = identitySchema{Version: schema.Version, Attributes: attributes}
	}
	return json.Marshal(out)
}

// typeName returns a type as Terraform writes it. Identities of resources are made of these only, and lists of them.
func typeName(t tftypes.Type) (string, error) {
	for name, other := range map[string]tftypes.Type{"string": tftypes.String, "number": tftypes.Number, "bool": tftypes.Bool} {
		if t.Is(other) {
			return name, nil
		}
	}
	return "", fmt.Errorf("cannot write the type %s", t)
}
