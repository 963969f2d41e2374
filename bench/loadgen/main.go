// SPDX-License-Identifier: Apache-2.0

// Command loadgen compares loadgen with vegeta, wrk and hey, and its client with
// those of net/http and fasthttp, against the same server on the loopback interface.
// It writes docs/benchmarks/loadgen.md, which describes the method.
//
//	go run ./bench/loadgen            # eight to twelve minutes
//	go run ./bench/loadgen --quick    # half a minute; the figures mean nothing
//
// It sends to a server of its own on 127.0.0.1 only.
package main

import (
	"context"
	"flag"
	"io"
	"os"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

func main() {
	run := benchmark().Run
	if len(os.Args) > 1 && os.Args[1] == "generate" {
		run = generate
	}
	command.Main(run)
}

func benchmark() command.Benchmark[results] {
	var quick bool
	return command.Benchmark[results]{
		Name: "loadgen",
		Flags: func(flags *flag.FlagSet) {
			flags.BoolVar(&quick, "quick", false, "short runs, to see whether it works, not how fast")
			flags.Var(flags.Lookup("markdown").Value, "out", "the same as -markdown `FILE`")
		},
		Measure: func(ctx context.Context, log io.Writer) (*results, error) {
			began := time.Now()
			tools, err := prepare(ctx)
			if err != nil {
				return nil, err
			}
			defer tools.remove()
			results, err := measure(ctx, tools, planFor(quick), log)
			if err != nil {
				return nil, err
			}
			results.Seconds = time.Since(began).Seconds()
			return results, nil
		},
		Markdown: markdown,
	}
}
