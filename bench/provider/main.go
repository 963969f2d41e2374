// SPDX-License-Identifier: Apache-2.0

// Command provider measures how long Terraform takes to plan, apply and destroy rules with the project's provider, and how that
// grows with their number. It uses the cluster of KUBE_CONFIG_PATH, and removes what it has created there.
//
//	go run ./bench/provider -json docs/benchmarks/provider.json -markdown docs/benchmarks/provider.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

func main() { command.Main(benchmark().Run) }

func benchmark() command.Benchmark[Results] {
	var o Options
	var alone, served string
	return command.Benchmark[Results]{
		Name: "provider",
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&alone, "sizes", "1,50,200,1000", "numbers of rules in a config map that no adapter reads")
			flags.StringVar(&served, "adapter-sizes", "1,50,200", "numbers of rules in the config map of the real adapter; empty to leave it alone")
			flags.IntVar(&o.Repeat, "repeat", 3, "runs of each size; results are medians")
			flags.StringVar(&o.ProviderDir, "provider-dir", "provider", "folder of the provider")
		},
		Check: func() (err error) {
			if o.Repeat < 1 {
				return fmt.Errorf("-repeat is %d: it must be at least 1", o.Repeat)
			}
			if o.Sizes, err = parseSizes("-sizes", alone); err != nil {
				return err
			}
			o.AdapterSizes, err = parseSizes("-adapter-sizes", served)
			return err
		},
		Measure: func(ctx context.Context, log io.Writer) (*Results, error) {
			o.Log = log
			return Measure(ctx, o)
		},
		Markdown: (*Results).Markdown,
	}
}

var errSize = errors.New("must be a list of whole numbers from 1 to 5000, such as 1,50,200")

func parseSizes(name, list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var sizes []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 5000 {
			return nil, fmt.Errorf("%s is %q: it %w", name, list, errSize)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
