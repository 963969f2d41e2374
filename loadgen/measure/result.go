// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Result is the outcome of a run. Package loadgen/result has a stable form of
// it for files.
type Result struct {
	Target      string
	Host        string // the Host header, if it differs from that of Target
	StartedAt   time.Time
	Interrupted bool          // the context ended the run before its duration
	Window      time.Duration // how long requests were offered
	Elapsed     time.Duration // Window plus the wait for the last answers

	Counts
	Statuses      map[int]int64            // completed requests by HTTP status
	Errors        map[ErrorKind]ErrorCount // failed requests by reason
	BytesReceived int64                    // bodies only
	BytesSent     int64                    // requests as written to the network, before encryption
	Seconds       []Second                 // from the start to the last one in which anything happened

	Latency        *Distribution // due to answered; all completed and all timed out requests
	SuccessLatency *Distribution // the same for 2xx answers alone
	SendDelay      *Distribution // due to sent: the generator's own scheduling error
}

// Failures that [Result.Err] reports, for errors.Is.
var (
	ErrDropped    = errors.New("not sent because too many were in flight")
	ErrFailed     = errors.New("without a complete answer")
	ErrNonSuccess = errors.New("answered with a status other than 2xx")
)

// Err returns nil when every offered request was sent and answered with a 2xx
// status. Otherwise the error says how many were not, and why, and wraps one or
// more of ErrDropped, ErrFailed and ErrNonSuccess. An interruption is not an
// error.
func (r *Result) Err() error {
	var causes failures
	if r.Dropped > 0 {
		causes = append(causes, fmt.Errorf("%d %w", r.Dropped, ErrDropped))
	}
	if r.Failed > 0 {
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
			kinds = append(kinds, fmt.Sprintf("%s: %d", kind, r.Errors[kind].Count))
		}
		causes = append(causes, fmt.Errorf("%d %w (%s)", r.Failed, ErrFailed, strings.Join(kinds, ", ")))
	}
	if n := r.NonSuccess(); n > 0 {
		var statuses []string
		for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
			if status/100 != 2 {
				statuses = append(statuses, fmt.Sprintf("%d: %d", status, r.Statuses[status]))
			}
		}
		causes = append(causes, fmt.Errorf("%d %w (%s)", n, ErrNonSuccess, strings.Join(statuses, ", ")))
	}
	if len(causes) == 0 {
		return nil
	}
	return fmt.Errorf("of %d requests: %w", r.Offered, causes)
}

// failures prints a list of causes on one line; errors.Is finds each of them.
type failures []error

func (f failures) Unwrap() []error { return f }

func (f failures) Error() string {
	parts := make([]string, len(f))
	for i, err := range f {
		parts[i] = err.Error()
	}
	return strings.Join(parts, "; ")
}
