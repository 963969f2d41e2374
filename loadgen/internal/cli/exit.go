// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// ErrInterrupted is the error of a run that was ended by a signal.
var ErrInterrupted = errors.New("interrupted")

// ExitCode maps an error of Run to the exit code of the process:
//
//	0    every request due was sent and answered with a 2xx status, or the
//	     run was told to tolerate errors
//	1    requests were dropped, failed or answered with another status, or
//	     the result could not be written
//	2    bad input; nothing was sent
//	130  interrupted (128 + SIGINT, for SIGTERM too); the summary was written
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

// usageError lists every refused value, one a line.
type usageError struct{ problems invalid.Values }

func (e usageError) Error() string {
	var b strings.Builder
	values := "values"
	if len(e.problems) == 1 {
		values = "value"
	}
	fmt.Fprintf(&b, "%d invalid %s, nothing was sent:\n", len(e.problems), values)
	for _, problem := range e.problems {
		fmt.Fprintf(&b, "  %s\n", problem)
	}
	b.WriteString("try: loadgen --help")
	return b.String()
}
