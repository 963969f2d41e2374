// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// Generate writes all pages below the folder out, which is relative to the provider's. If that is docs, the pages are then checked
// against the registry's rules.
func Generate(ctx context.Context, providerDir, out string) error {
	providerDir, err := filepath.Abs(providerDir)
	if err != nil {
		return fmt.Errorf("locating the provider %q: %w", providerDir, err)
	}
	temp, err := os.MkdirTemp("", "promadapter-docs-")
	if err != nil {
		return fmt.Errorf("making a folder for schemas: %w", err)
	}
	defer os.RemoveAll(temp)

	schema, err := providersSchema(ctx, providerDir, temp)
	if err != nil {
		return err
	}
	schemaFile := filepath.Join(temp, "schema.json")
	if err := os.WriteFile(schemaFile, schema, 0o600); err != nil {
		return fmt.Errorf("writing the schemas: %w", err)
	}
	common := []string{"--provider-dir", providerDir, "--provider-name", "terraform-provider-" + tfdev.TypeName, "--providers-schema", schemaFile}
	if err := tfplugindocs(ctx, providerDir, "generate", append(common, "--rendered-provider-name", tfdev.TypeName, "--rendered-website-dir", out)...); err != nil {
		return err
	}
	if out != "docs" {
		return nil // the validation reads no other folder
	}
	return tfplugindocs(ctx, providerDir, "validate", common...)
}

// tfplugindocs runs the program in the version that provider/tools requires.
func tfplugindocs(ctx context.Context, providerDir, command string, args ...string) error {
	args = append([]string{"-C", filepath.Join(providerDir, "tools"), "tool", "tfplugindocs", command}, args...)
	_, err := tfdev.Output(ctx, "", nil, "go", args...)
	return err
}
