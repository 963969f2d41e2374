// SPDX-License-Identifier: Apache-2.0

// Command reaction measures the time from a step of the load to the first request
// that a new pod serves, by stage, with two settings in one run: the guide's and this
// project's. It needs the environment, and deploys applications of its own there.
//
//	go run ./bench/reaction -json docs/benchmarks/reaction.json -markdown docs/benchmarks/reaction.md -svg docs/benchmarks/reaction.svg
package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

func main() { command.Main(benchmark().Run) }

func benchmark() command.Benchmark[results] {
	var o options
	return command.Benchmark[results]{
		Name: "reaction",
		Flags: func(flags *flag.FlagSet) {
			flags.IntVar(&o.rounds, "rounds", 5, "rounds; each has two steps of either setting, and one for each knob that is set back")
			flags.BoolVar(&o.costs, "costs", true, "also measure what the settings cost")
			flags.BoolVar(&o.keep, "keep", false, "leave the applications on the cluster for the next run")
		},
		Check: func() error {
			if o.rounds < 1 {
				return fmt.Errorf("-rounds is %d: it must be at least 1, such as 5", o.rounds)
			}
			return nil
		},
		Measure: func(ctx context.Context, log io.Writer) (*results, error) {
			o.log = log
			r, err := measure(ctx, o)
			if r == nil || len(r.Steps) == 0 {
				return nil, err
			}
			r.Stages = r.summarize()
			return r, err
		},
		Markdown: markdown,
		SVG:      draw,
	}
}
