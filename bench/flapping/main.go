// SPDX-License-Identifier: Apache-2.0

// Command flapping counts how often an autoscaler changes the number of replicas
// while the load stays the same: Poisson arrivals at 1, 1.5 and 2.5 times the target
// of one pod, for several settings at the same time. It needs the environment, and
// deploys applications of its own there.
//
//	go run ./bench/flapping -json docs/benchmarks/flapping.json -markdown docs/benchmarks/flapping.md
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

func main() { command.Main(benchmark().Run) }

func benchmark() command.Benchmark[results] {
	var o options
	return command.Benchmark[results]{
		Name: "flapping",
		Flags: func(flags *flag.FlagSet) {
			flags.DurationVar(&o.length, "length", 15*time.Minute, "how long each load lasts after its first minute")
			flags.BoolVar(&o.keep, "keep", false, "leave the applications on the cluster for the next run")
		},
		Check: func() error {
			if o.length <= 0 || o.length > time.Hour {
				return fmt.Errorf("-length is %s: it must be above 0 and at most an hour, such as 15m", o.length)
			}
			return nil
		},
		Measure: func(ctx context.Context, log io.Writer) (*results, error) {
			o.log = log
			r, err := measure(ctx, o)
			if err != nil { // some of the loads alone mean nothing
				return nil, err
			}
			return r, nil
		},
		Markdown: markdown,
	}
}
