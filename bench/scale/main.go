// SPDX-License-Identifier: Apache-2.0

// Command scale measures what the metric path costs when an application has many pods: the
// adapter's answers, the autoscaler's loop, and processor time and memory of everything in between,
// for 1 to 5,000 pods. It does so with this project's adapter and with prometheus-adapter, each with a
// rate that is computed at every request, with one that a recording rule has computed before, and with
// the rate of all pods together.
//
// KWOK creates the pods, on nodes of its own; one real pod exposes their counters. The environment must
// be up, and the benchmark removes what it has created there.
//
//	make up
//	go run ./bench/scale -json docs/benchmarks/scale.json -markdown docs/benchmarks/scale.md -svg docs/benchmarks/scale.svg
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
)

func main() { command.Main(benchmark().Run) }

func benchmark() command.Benchmark[Results] {
	var list string
	var labels int
	var sizes []int
	return command.Benchmark[Results]{
		Name: "scale",
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&list, "sizes", "1,10,100,1000,5000", "numbers of pods")
			flags.IntVar(&labels, "labels", 5, "series of each pod in the last part, about counters with labels; 0 leaves it out")
			flags.Var(flags.Lookup("svg").Value, "plot", "the same as -svg `FILE`")
		},
		Check: func() (err error) {
			if labels < 0 || labels > 50 {
				return fmt.Errorf("-labels is %d: it must be from 0 to 50", labels)
			}
			sizes, err = parseSizes(list)
			return err
		},
		Measure: func(ctx context.Context, log io.Writer) (*Results, error) {
			r, err := measure(ctx, sizes, labels, log)
			if r == nil || len(r.Sizes) == 0 {
				return nil, err
			}
			return r, err
		},
		Markdown: (*Results).Markdown,
		SVG:      func(r *Results) string { return r.Picture().SVG() },
	}
}

// parseSizes requires rising numbers: pods are added from one size to the next.
func parseSizes(list string) ([]int, error) {
	var sizes []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > fleet.MaxPods || len(sizes) > 0 && n <= sizes[len(sizes)-1] {
			return nil, fmt.Errorf("-sizes is %q: it must be a list of rising whole numbers from 1 to %d, such as 1,10,100", list, fleet.MaxPods)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
