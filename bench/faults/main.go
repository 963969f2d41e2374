// SPDX-License-Identifier: Apache-2.0

// Command faults writes the records that the fault tests leave in the log folder of
// a cluster to docs/benchmarks/faults.md, or to nodes.md there.
//
//	go run ./bench/faults -records FOLDER -json docs/benchmarks/faults.json -markdown docs/benchmarks/faults.md
//	go run ./bench/faults nodes -records FOLDER -json docs/benchmarks/nodes.json -markdown docs/benchmarks/nodes.md
package main

import (
	"context"
	"errors"
	"flag"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/faultlog"
)

func main() {
	command.Main(func(ctx context.Context, args []string, stdout, stderr io.Writer) error {
		name := "faults"
		if len(args) > 0 && args[0] == "nodes" { // what test/nodes leaves
			name, args = args[0], args[1:]
		}
		return benchmark(name).Run(ctx, args, stdout, stderr)
	})
}

func benchmark(name string) command.Benchmark[[]faultlog.Record] {
	var folder string
	return command.Benchmark[[]faultlog.Record]{
		Name: name,
		Flags: func(flags *flag.FlagSet) {
			flags.StringVar(&folder, "records", "", "`FOLDER` of the records: faults, in the log_dir that go run ./kind env --json prints")
		},
		Measure: func(context.Context, io.Writer) (*[]faultlog.Record, error) {
			if folder == "" {
				return nil, errors.New("-records is missing: name the folder that the fault tests print at their end")
			}
			records, err := faultlog.Load(folder)
			if err != nil {
				return nil, err
			}
			return &records, nil
		},
		Markdown: func(records *[]faultlog.Record) string { return faultlog.Table(*records) },
	}
}
