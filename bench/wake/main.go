// SPDX-License-Identifier: Apache-2.0

// Command wake measures how long a first request takes when there is no pod, by
// stage, and, alternating with it in one run, the floor: the start of a bare pod of
// the same template. Then it measures what the activator costs while pods are ready.
// It needs the environment, which scales to zero meanwhile.
//
//	go run ./bench/wake -json docs/benchmarks/wake.json -markdown docs/benchmarks/wake.md
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
	var wakes int
	return command.Benchmark[results]{
		Name: "wake",
		Flags: func(flags *flag.FlagSet) {
			flags.IntVar(&wakes, "wakes", 30, "wakes from zero, and as many bare pods")
		},
		Check: func() error {
			if wakes < 1 {
				return fmt.Errorf("-wakes is %d: it must be at least 1, such as 30", wakes)
			}
			return nil
		},
		Measure: func(ctx context.Context, log io.Writer) (*results, error) {
			r, err := measure(ctx, wakes, log)
			if r == nil || len(r.Bare) == 0 {
				return nil, err
			}
			return r, err
		},
		Markdown: markdown,
	}
}
