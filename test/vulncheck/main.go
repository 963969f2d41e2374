// SPDX-License-Identifier: Apache-2.0

// Command vulncheck checks the code that this project calls for known
// vulnerabilities, with govulncheck.
//
// The database may be unreachable, which says nothing about the code. So this is
// not a finding: it prints one line, and fails only where the check is required.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/vulncheck/internal/check"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "vulncheck: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, patterns []string, stdout, stderr io.Writer) error {
	required, err := check.Required(os.Getenv("VULNCHECK"))
	if err != nil {
		return err
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	return check.Run(ctx, check.Options{
		Database: os.Getenv("GOVULNDB"), Required: required, Patterns: patterns, Stdout: stdout, Stderr: stderr,
	})
}
