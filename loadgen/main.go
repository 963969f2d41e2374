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
	ctx := untilSignalled()
	err := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "loadgen: %v\n", err)
	}
	os.Exit(cli.ExitCode(err))
}

// untilSignalled returns a context that ends with the first signal that asks the
// program to end. A second one ends the process.
func untilSignalled() context.Context {
	// A write to an output whose reader has gone away is an error from now on,
	// and no longer the end of the process. The signal is taken and not ignored:
	// the credential plugins of a kubeconfig would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	// Go would print all stacks and exit with 2, the code of bad input.
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGQUIT)
	go func() {
		<-quit
		os.Exit(cli.CodeQuit)
	}()

	ending := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup, and in the background of a script
			ending = append(ending, s)
		}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, ending...)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-signals
		signal.Stop(signals) // before anything says that a second one ends the process
		cancel()
	}()
	return ctx
}
