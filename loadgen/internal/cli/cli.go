// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line of loadgen: flags in, progress and a summary
// or JSON out. What it does can be done with packages schedule and engine too.
package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
)

const (
	progressEvery = 5 * time.Second
	dialTimeout   = 5 * time.Second // for the one connection before the first request
)

// Run executes one command line (without the program's name) and writes results
// to stdout, progress to stderr. Cancelling ctx ends the load early; the summary
// of what ran is still written. See ExitCode for the errors.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return run(ctx, args, stdout, stderr, progressEvery)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer, every time.Duration) error {
	opts, problems, help := parse(args)
	if help {
		return write(stdout, usage())
	}
	// Also when other values are bad: the point is to name all of them at once.
	if opts.addressable {
		if err := engine.CheckReachable(ctx, opts.target(), min(opts.timeout, dialTimeout)); err != nil {
			problems.Add("HOST PORT", opts.host+" "+opts.port, "%v", err)
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w before the first request", ErrInterrupted)
	}
	if len(problems) > 0 {
		return usageError{problems}
	}

	config := engine.Config{
		Target:      opts.target(),
		Schedule:    opts.plan,
		MaxInFlight: opts.maxInFlight,
		Timeout:     opts.timeout,
	}
	if !opts.quiet {
		progress := &progressLines{to: stderr}
		config.Observe, config.ObserveEvery = progress.look, every
		stop := context.AfterFunc(ctx, func() { progress.interrupted(opts.timeout) })
		defer func() {
			stop()
			progress.end()
		}()
	}
	result, err := engine.Run(ctx, config)
	if err != nil {
		return err
	}
	if err := report(stdout, opts, result); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return verdict(opts, result)
}

// verdict turns a finished run into the error that decides the exit code.
func verdict(opts options, result *engine.Result) error {
	failure := result.Err()
	switch {
	case result.Interrupted && failure != nil:
		return fmt.Errorf("%w after %s; %w", ErrInterrupted, seconds(result.Window), failure)
	case result.Interrupted:
		return fmt.Errorf("%w after %s", ErrInterrupted, seconds(result.Window))
	case opts.tolerateErrors:
		return nil
	}
	return failure
}

func report(w io.Writer, opts options, result *engine.Result) error {
	if opts.json {
		return writeJSON(w, opts, result)
	}
	return write(w, summary(opts, result))
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
