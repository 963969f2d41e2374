// SPDX-License-Identifier: Apache-2.0

// Rivals has the generators that loadgen is compared with, and the server that all
// of them are measured with. It is a module of its own, so that its dependencies
// stay apart from the project's. bench/loadgen builds and runs it.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"
)

// options are those of every subcommand.
type options struct {
	target   string
	rate     int // requests per second, evenly spaced
	duration time.Duration
}

// report is what a generator reports about its own run, as one line of JSON.
type report struct {
	Sent      int64     `json:"sent"`
	Succeeded int64     `json:"succeeded"`
	Quantiles []float64 `json:"quantiles_ms,omitempty"` // 0.5, 0.75, 0.9, 0.99
	Error     string    `json:"error,omitempty"`        // one of those that occurred
}

// quantiles are those that wrk prints.
var quantiles = []float64{0.5, 0.75, 0.9, 0.99}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "rivals:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("want one of serve, vegeta, nethttp, fasthttp")
	}
	var opts options
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(&opts.target, "target", "", "URL to send POST requests to")
	flags.IntVar(&opts.rate, "rate", 1000, "requests per second")
	flags.DurationVar(&opts.duration, "duration", time.Second, "length of the run")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	generators := map[string]func(options) (report, error){"vegeta": runVegeta, "nethttp": runNetHTTP, "fasthttp": runFastHTTP}
	generate, ok := generators[args[0]]
	switch {
	case args[0] == "serve":
		return serve()
	case !ok:
		return fmt.Errorf("subcommand %q: want one of serve, vegeta, nethttp, fasthttp", args[0])
	}
	r, err := generate(opts)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
