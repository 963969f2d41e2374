// SPDX-License-Identifier: Apache-2.0

// Command loadgen sends POST requests as a Poisson process, in an open loop,
// and reports the results. See README.md.
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
		// A run allocates its connections and almost nothing per request, so
		// collecting early costs only a few collections and keeps memory low.
		debug.SetGCPercent(25)
	}
	ctx := untilSignalled()
	err := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintf(os.Stderr, "loadgen: %v\n", err)
	}
	os.Exit(cli.ExitCode(err))
}

// untilSignalled returns a context that the first termination signal cancels. A
// second one ends the process.
func untilSignalled() context.Context {
	// With SIGPIPE caught, a write to an output whose reader has gone away
	// returns an error instead of ending the process. The signal is not
	// ignored, because the credential plugins of a kubeconfig would inherit
	// that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)

	// By default, Go prints all stacks and exits with 2, the code for bad
	// input.
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
		signal.Stop(signals) // before the message that a second one ends the process
		cancel()
	}()
	return ctx
}
