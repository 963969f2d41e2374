// SPDX-License-Identifier: Apache-2.0

// Command reaction measures how long it takes from a step of the load to the
// first request that a new pod serves, by stages, with two settings in one run:
// those of the guide, and those of this project. It needs the environment, and
// makes its applications beside the environment's own.
//
//	go run ./test/bench/reaction -json docs/benchmarks/reaction.json -markdown docs/benchmarks/reaction.md -svg docs/benchmarks/reaction.svg
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

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (failure error) {
	flags := flag.NewFlagSet("reaction", flag.ContinueOnError)
	flags.SetOutput(stderr)
	rounds := flags.Int("rounds", 5, "rounds; each has two steps of either setting, and one for each knob that is put back")
	costs := flags.Bool("costs", true, "measure also what the settings cost")
	keep := flags.Bool("keep", false, "leave the applications on the cluster for the next run")
	file := flags.String("json", "", "write everything that was measured to `FILE`")
	page := flags.String("markdown", "", "put the tables between the markers of `FILE`")
	plot := flags.String("svg", "", "draw the stages into `FILE`")
	from := flags.String("from", "", "measure nothing: write tables and plot from the `FILE` of an earlier run")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds is %d: it must be at least 1, such as 5", *rounds)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see --help", flags.Arg(0))
	}
	if *page != "" { // or minutes of measuring would end with nothing
		if err := figures.CheckPage(*page); err != nil {
			return err
		}
	}
	results, err := obtain(ctx, *from, options{rounds: *rounds, costs: *costs, keep: *keep, log: stderr})
	if results == nil || len(results.Steps) == 0 {
		return err
	}
	if err != nil { // what was measured until then is of use
		defer func(cause error) { failure = errors.Join(cause, failure) }(err)
	}
	results.Stages = results.summarize()
	text := markdown(results)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if *page != "" {
		if err := figures.UpdatePage(*page, text); err != nil {
			return err
		}
	}
	if *plot != "" {
		if err := os.WriteFile(*plot, []byte(draw(results)), 0o644); err != nil {
			return fmt.Errorf("writing the plot: %w", err)
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

// obtain measures, or reads what was measured before.
func obtain(ctx context.Context, from string, o options) (*results, error) {
	if from == "" {
		return measure(ctx, o)
	}
	encoded, err := os.ReadFile(from)
	if err != nil {
		return nil, fmt.Errorf("reading an earlier run: %w", err)
	}
	var r results
	if err := json.Unmarshal(encoded, &r); err != nil {
		return nil, fmt.Errorf("reading an earlier run from %s: %w", from, err)
	}
	return &r, nil
}
