// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line of loadgen: flags in, a live view or lines of
// progress, and a summary or files out. All it does is also available from
// packages schedule, engine, timeline, result and report.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// Run executes one command line (without the program's name). It writes results
// to stdout, and progress to stderr. Cancelling ctx ends the load early; the
// summary and the files of what ran are still written. It is not an error if
// the reader of stdout or stderr closes its end of a pipe (EPIPE): the files
// are written all the same. See ExitCode for the errors.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	return dispatch(ctx, console{
		stdin: os.Stdin, stdout: &stream{to: stdout}, stderr: &stream{to: stderr}, getenv: os.Getenv, every: progressEvery,
	}, args)
}

// dispatch finds the command. A line that does not begin with one is a run, as
// in loadgen localhost 80 heavywork.
func dispatch(ctx context.Context, c console, args []string) error {
	if len(args) == 0 {
		return runLoad(ctx, c, args)
	}
	switch args[0] {
	case "help":
		return help(c, args[1:])
	case "-h", "-help", "--help":
		return help(c, nil)
	case "version", "-version", "--version":
		return write(c.stdout, version())
	}
	if known, found := lookup(args[0]); found {
		return known.run(ctx, c, args[1:])
	}
	// A run has three arguments; in a shorter line, a word that is nearly a
	// command is a typing error.
	if near := nearest(args[0], commandNames()); near != "" && len(args) < 3 && !strings.HasPrefix(args[0], "-") {
		return usageErrorf("COMMAND", args[0], "is unknown: did you mean %s?", near)
	}
	return runLoad(ctx, c, args)
}

func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// version says which build this is, as far as the Go toolchain knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "loadgen, unknown build\n"
	}
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	name := info.Main.Version
	if name == "" {
		name = "(devel)"
	}
	if revision := settings["vcs.revision"]; revision != "" && name == "(devel)" {
		name = revision
		if settings["vcs.modified"] == "true" {
			name += " with changes"
		}
	}
	return fmt.Sprintf("loadgen %s, result schema %d, %s %s/%s\n", name, result.SchemaVersion,
		info.GoVersion, settings["GOOS"], settings["GOARCH"])
}
