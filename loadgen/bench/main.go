// SPDX-License-Identifier: Apache-2.0

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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "generate" {
		return generate(ctx, out, args[1:])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "short runs: whether it works, not how fast")
	jsonFile := flags.String("json", "", "write everything that was measured to `FILE`")
	document := flags.String("out", "", "put the tables between the markers of `FILE`, for example docs/benchmarks/loadgen.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: there are only flags, see --help", flags.Arg(0))
	}
	if *document != "" { // or minutes of measuring would end with nothing
		if _, _, err := aroundMarkers(*document); err != nil {
			return err
		}
	}
	begun := time.Now()
	tools, err := prepare(ctx)
	if err != nil {
		return err
	}
	defer tools.remove()
	results, err := measure(ctx, tools, planFor(*quick), os.Stderr)
	if err != nil {
		return err
	}
	results.Seconds = time.Since(begun).Seconds()

	text := markdown(results)
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if *document != "" {
		if err := replaceBetweenMarkers(*document, text); err != nil {
			return err
		}
	}
	if *jsonFile != "" {
		encoded, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return err
		}
		return os.WriteFile(*jsonFile, append(encoded, '\n'), 0o644)
	}
	return nil
}
