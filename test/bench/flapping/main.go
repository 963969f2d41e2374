// SPDX-License-Identifier: Apache-2.0

// Command flapping counts how often an autoscaler changes its mind while the
// load stays the same: Poisson arrivals at, half above and two and a half times
// the target of one pod, for several settings side by side. It needs the
// environment, and makes its applications beside the environment's own.
//
//	go run ./test/bench/flapping -json docs/benchmarks/flapping.json -markdown docs/benchmarks/flapping.md
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/bench/internal/figures"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "error:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("flapping", flag.ContinueOnError)
	flags.SetOutput(stderr)
	length := flags.Duration("length", 15*time.Minute, "how long each load lasts after its first minute")
	keep := flags.Bool("keep", false, "leave the applications on the cluster for the next run")
	file := flags.String("json", "", "write everything that was measured to `FILE`")
	page := flags.String("markdown", "", "put the table between the markers of `FILE`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *length <= 0 || *length > time.Hour {
		return fmt.Errorf("-length is %s: it must be above 0 and at most an hour, such as 15m", *length)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see --help", flags.Arg(0))
	}
	if *page != "" { // or a quarter of an hour would end with nothing
		if err := figures.CheckPage(*page); err != nil {
			return err
		}
	}
	results, err := measure(ctx, options{length: *length, keep: *keep, log: stderr})
	if err != nil {
		return err
	}
	text := markdown(results)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if *page != "" {
		if err := figures.UpdatePage(*page, text); err != nil {
			return err
		}
	}
	if *file != "" {
		encoded, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding the results: %w", err)
		}
		if err := os.WriteFile(*file, append(encoded, '\n'), 0o644); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	return nil
}
