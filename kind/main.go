// SPDX-License-Identifier: Apache-2.0

// Command kind brings the reference environment up and down: a kind cluster,
// everything that runs in it, and the tools that talk to it.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cli"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "\nerror: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, args, os.Environ(), stdout, stderr)
}
