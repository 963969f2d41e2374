// SPDX-License-Identifier: Apache-2.0

// Command loadgen sends POST requests as a Poisson process, in an open loop,
// and shows what came of them. See README.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/cli"
)

func main() {
	if os.Getenv("GOGC") == "" {
		// A run allocates its connections and next to nothing for a request, so
		// collecting early costs a handful of collections and keeps memory low.
		debug.SetGCPercent(25)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends the run, a second one the process
	err := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "loadgen: %v\n", err)
	}
	os.Exit(cli.ExitCode(err))
}
