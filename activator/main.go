// SPDX-License-Identifier: Apache-2.0

// Command activator scales idle workloads to zero replicas, holds the requests that
// arrive for them, and wakes them.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/program"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// After the first signal, restore the default handling: a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	if err := program.Run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "activator:", err)
		os.Exit(1)
	}
}
