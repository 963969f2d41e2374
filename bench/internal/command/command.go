// SPDX-License-Identifier: Apache-2.0

// Package command holds what the commands of all benchmarks share: they measure,
// or read what was measured before, and then write the results as JSON, as tables
// into a page, and as a picture.
package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/page"
)

// Benchmark is a command with results of one type.
type Benchmark[R any] struct {
	Name string // the make target is bench-<name>, and docs/benchmarks/<name>.md the page

	Flags func(*flag.FlagSet) // adds flags to the common ones; may be nil
	Check func() error        // rejects invalid flags; may be nil

	// Measure returns the results, and with an error those found so far, because they
	// are worth keeping, or nil if there are none.
	Measure  func(ctx context.Context, log io.Writer) (*R, error)
	Markdown func(*R) string
	SVG      func(*R) string // nil for a benchmark without a picture
}

// Main runs a command with the arguments of this process until it is done or
// interrupted, and exits with status 1 if it fails.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "error:", err)
		}
		os.Exit(1)
	}
}

// Run runs the benchmark, for Main. The tables also go to stdout.
func (b Benchmark[R]) Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet(b.Name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	from := flags.String("from", "", "measure nothing: read the results from `FILE`, which an earlier -json has written")
	file := flags.String("json", "", "write everything that was measured to `FILE`")
	document := flags.String("markdown", "", "write the tables between the markers in `FILE`")
	picture := new(string)
	if b.SVG != nil {
		flags.StringVar(picture, "svg", "", "draw the results to `FILE`")
	}
	if b.Flags != nil {
		b.Flags(flags)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: use flags only, see -help", flags.Arg(0))
	}
	if b.Check != nil {
		if err := b.Check(); err != nil {
			return err
		}
	}
	maker := "make bench-" + b.Name
	if *document != "" { // before minutes of measuring could be lost
		if err := page.Check(*document, maker); err != nil {
			return err
		}
	}
	results, cause := b.obtain(ctx, *from, stderr)
	if results == nil {
		return cause
	}
	write := func(name string, content []byte) error {
		if name == "" {
			return nil
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return fmt.Errorf("writing the results: %w", err)
		}
		return nil
	}
	text := b.Markdown(results)
	_, err := io.WriteString(stdout, text)
	if *document != "" {
		err = errors.Join(err, page.Replace(*document, maker, text))
	}
	if *picture != "" {
		err = errors.Join(err, write(*picture, []byte(b.SVG(results))))
	}
	encoded, encodeErr := json.MarshalIndent(results, "", "  ")
	if encodeErr != nil {
		return errors.Join(cause, err, fmt.Errorf("encoding the results: %w", encodeErr))
	}
	return errors.Join(cause, err, write(*file, append(encoded, '\n')))
}

func (b Benchmark[R]) obtain(ctx context.Context, from string, log io.Writer) (*R, error) {
	if from == "" {
		return b.Measure(ctx, log)
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return nil, fmt.Errorf("reading earlier results: %w", err)
	}
	results, decoder := new(R), json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // another benchmark's results have some
	if err := decoder.Decode(results); err != nil {
		return nil, fmt.Errorf("file %q does not hold results of %s: %w", from, b.Name, err)
	}
	return results, nil
}
