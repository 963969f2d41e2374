// SPDX-License-Identifier: Apache-2.0

// Command workflow runs a job of the GitHub workflow on this machine: its run steps,
// one after the other, in a clean clone of the last commit and with the Go that
// actions/setup-go would install. It reads the steps from the workflow's file.
//
//	go run ./test/workflow -job kind -matrix charts=bundled -env SOURCE=build -env CLUSTER=ci
//
// Other actions are skipped, and named: what they would install must be here, and so
// must the tools of GitHub's runners that a step calls. The workflow's variables
// override those of the caller, and -env overrides both. Timeouts are ignored. What
// steps leave outside the clone stays, for example a cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/workflow/internal/job"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "workflow: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("workflow", flag.ContinueOnError)
	file := flags.String("file", ".github/workflows/ci.yml", "the workflow")
	name := flags.String("job", "", "which of its jobs; required")
	keep := flags.Bool("keep", false, "keep the clone and what steps put into RUNNER_TEMP")
	matrix, environment := pairs{}, pairs{}
	flags.Var(matrix, "matrix", "`KEY=VALUE`: a value of the job's matrix; may be given for each key")
	flags.Var(environment, "env", "`NAME=VALUE`: a variable that overrides the workflow's; may be repeated")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: name the job with -job", flags.Arg(0))
	}
	j, err := job.Load(*file, *name, matrix)
	if err != nil {
		return err
	}
	return j.Run(ctx, job.Options{
		Repository: ".", Override: environment, Environ: os.Environ(), Keep: *keep, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

// pairs is a flag that may be given more than once.
type pairs map[string]string

func (p pairs) String() string { return "" }

func (p pairs) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return errors.New("use NAME=VALUE")
	}
	p[key] = value
	return nil
}
