// SPDX-License-Identifier: Apache-2.0

// Command provider is terraform-provider-promadapter, a Terraform provider for the rules of prometheus-adapter.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/provider"
)

// version is set with -ldflags "-X main.version=...".
var version = "dev"

func main() {
	// Terraform ends a plugin by a call and not by a signal; the plugin library handles both.
	if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, _, stderr io.Writer) error {
	flags := flag.NewFlagSet("terraform-provider-promadapter", flag.ContinueOnError)
	flags.SetOutput(stderr) // Terraform reads a handshake from standard output
	debug := flags.Bool("debug", false, "run on its own, for a debugger, and print how Terraform reaches it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return providerserver.Serve(ctx, provider.New(version), providerserver.ServeOpts{Address: provider.Address, Debug: *debug})
}
