// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// ErrInterrupted is the error of a command that was ended by a signal.
var ErrInterrupted = errors.New("interrupted")

// CodeQuit is the exit code after SIGQUIT: 128 plus the signal's number, as in
// shells.
const CodeQuit = 131

// ExitCode maps an error of Run to the exit code of the process:
//
//	0    every request due was sent and answered with a 2xx status, or errors
//	     are tolerated; or the command did its work
//	1    requests were dropped, failed or answered with another status, or
//	     a result could not be read or written
//	2    bad input; nothing was done
//	130  interrupted by SIGINT, SIGTERM or SIGHUP; summary and files of what
//	     ran were written
//
// A second one of these signals ends the process at once, as the signal itself
// does, and SIGQUIT does so with CodeQuit; nothing is written then. An output
// whose reader has gone away does not change the code.
func ExitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrInterrupted):
		return 130
	case errors.As(err, &usage):
		return 2
	}
	return 1
}

// usageError lists every refused value, one per line.
type usageError struct {
	problems invalid.Values
	command  string // whose help to suggest; empty for the overview
}

// usageErrorf is a usage error of a single value.
func usageErrorf(name, given, remedy string, args ...any) error {
	var problems invalid.Values
	problems.Add(name, given, remedy, args...)
	return usageError{problems: problems}
}

// refuse returns a usage error if there are problems, nil if there are none.
func refuse(command string, problems invalid.Values) error {
	if len(problems) == 0 {
		return nil
	}
	return usageError{problems, command}
}

func (e usageError) Error() string {
	var b strings.Builder
	values := "values"
	if len(e.problems) == 1 {
		values = "value"
	}
	done := "nothing was done"
	if e.command == "run" || e.command == "ramp" {
		done = "nothing was sent"
	}
	fmt.Fprintf(&b, "%d invalid %s, %s:\n", len(e.problems), values, done)
	for _, problem := range e.problems {
		fmt.Fprintf(&b, "  %s\n", problem)
	}
	b.WriteString(strings.TrimRight("try: loadgen help "+e.command, " "))
	return b.String()
}
