// SPDX-License-Identifier: Apache-2.0

// Command bench measures how long Terraform takes to plan, apply and destroy rules with this provider, and how that grows with
// their number. The cluster is that of KUBE_CONFIG_PATH; what the benchmark makes there it takes away again.
//
//	go run ./provider/bench -markdown docs/benchmarks/provider.md -json docs/benchmarks/provider.json
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
	"strconv"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	sizes := flags.String("sizes", "1,50,200,1000", "numbers of rules in a config map that no adapter reads")
	adapterSizes := flags.String("adapter-sizes", "1,50,200", "numbers of rules in the config map of the real adapter; empty leaves it alone")
	repeat := flags.Int("repeat", 3, "runs of each size, of which the median counts")
	providerDir := flags.String("provider-dir", "provider", "folder of the provider")
	file := flags.String("json", "", "file to write the results to for programs")
	page := flags.String("markdown", "", "page whose tables, between its two markers, are replaced by those of the results")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *repeat < 1 {
		return fmt.Errorf("-repeat is %d: it must be at least 1", *repeat)
	}
	alone, err := parseSizes("-sizes", *sizes)
	if err != nil {
		return err
	}
	served, err := parseSizes("-adapter-sizes", *adapterSizes)
	if err != nil {
		return err
	}
	results, err := Measure(ctx, Options{ProviderDir: *providerDir, Sizes: alone, AdapterSizes: served, Repeat: *repeat, Log: stderr})
	if err != nil {
		return err
	}
	if *file != "" {
		text, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding the results: %w", err)
		}
		if err := os.WriteFile(*file, append(text, '\n'), 0o644); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	if *page != "" {
		if err := results.updatePage(*page); err != nil {
			return err
		}
	}
	return results.WriteTables(stdout)
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
