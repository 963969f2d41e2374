// SPDX-License-Identifier: Apache-2.0

// Command scale measures what the metric path costs when an application has many pods: the
// adapter's answers, the autoscaler's loop, and processor time and memory of everything in between,
// for 1 to 5,000 pods. It does so with a rate that is computed at every request and with one that a
// recording rule has computed before, by turns.
//
// The pods are made by KWOK beside the real node; what they count is exposed by one real pod. The
// environment must be up, and what the benchmark makes in it is taken away again.
//
//	make up
//	go run ./test/bench/scale -json docs/benchmarks/scale.json -markdown docs/benchmarks/scale.md -plot docs/benchmarks/scale.svg
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

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/bench/internal/page"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/bench/scale/internal/fleet"
)

const command = "make bench-scale"

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
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.SetOutput(stderr)
	list := flags.String("sizes", "1,10,100,1000,5000", "numbers of pods")
	labels := flags.Int("labels", 5, "series of each pod in the last part, which is about counters with labels; 0 leaves it out")
	file := flags.String("json", "", "write everything that was measured to `FILE`")
	document := flags.String("markdown", "", "put the tables between the markers of `FILE`")
	plot := flags.String("plot", "", "draw the curves into `FILE`, an SVG picture")
	from := flags.String("from", "", "measure nothing: take the results from `FILE`, a former -json")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see -help", flags.Arg(0))
	}
	sizes, err := parseSizes(*list)
	if err != nil {
		return err
	}
	if *labels < 0 || *labels > 50 {
		return fmt.Errorf("-labels is %d: it must be from 0 to 50", *labels)
	}
	if *document != "" {
		if err := page.Check(*document, command); err != nil {
			return err
		}
	}
	var results *Results
	if *from != "" {
		results, err = read(*from)
	} else {
		results, err = measure(ctx, sizes, *labels, stderr)
	}
	if results == nil || len(results.Sizes) == 0 {
		return err
	}
	// After a failure what was measured until then is worth having.
	return errors.Join(err, results.write(stdout, *file, *document, *plot))
}

// parseSizes wants numbers that rise: pods are added from one size to the next.
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

func read(file string) (*Results, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading former results: %w", err)
	}
	results := &Results{}
	if err := json.Unmarshal(data, results); err != nil {
		return nil, fmt.Errorf("file %q does not hold results: %w", file, err)
	}
	return results, nil
}

func (r *Results) write(stdout io.Writer, file, document, plot string) error {
	text := r.Markdown()
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	if file != "" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("encoding the results: %w", err)
		}
		if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
	}
	if plot != "" {
		if err := os.WriteFile(plot, []byte(r.Picture().SVG()), 0o644); err != nil {
			return fmt.Errorf("writing the picture: %w", err)
		}
	}
	if document != "" {
		return page.Replace(document, command, text)
	}
	return nil
}
