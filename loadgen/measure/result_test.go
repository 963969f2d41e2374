// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"testing"
)

func TestErrNamesEveryCause(t *testing.T) {
	r := &Result{
		Counts:   Counts{Offered: 10, Sent: 8, Dropped: 2, Completed: 5, Succeeded: 4, Failed: 3},
		Statuses: map[int]int64{202: 4, 503: 1},
		Errors:   map[ErrorKind]ErrorCount{Timeout: {Count: 1}, Refused: {Count: 2}},
	}
	err := r.Err()
	for _, cause := range []error{ErrDropped, ErrFailed, ErrNonSuccess} {
		if !errors.Is(err, cause) {
			t.Errorf("Err() = %v, is not %v", err, cause)
		}
	}
	want := "of 10 requests: 2 not sent because too many were in flight; 3 without a complete answer (connection_refused: 2, timeout: 1); " +
		"1 answered with a status other than 2xx (503: 1)"
	if err.Error() != want {
		t.Errorf("Err() = %q, want %q", err, want)
	}
}
