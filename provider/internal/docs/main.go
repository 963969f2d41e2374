// SPDX-License-Identifier: Apache-2.0

// Command docs writes the provider's reference pages, provider/docs, with tfplugindocs: from the descriptions in the schemas,
// from provider/templates and from provider/examples. Nothing is downloaded but Go modules: the schemas come from the
// Terraform or OpenTofu on PATH.
//
//	go run ./provider/internal/docs
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("docs", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("provider-dir", "provider", "folder of the provider, below which its templates, examples and docs are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return Generate(ctx, *dir, "docs")
}
