// SPDX-License-Identifier: Apache-2.0

// Package measure holds the numbers of a run: how many requests were sent, how
// they ended, how long they took. It does not depend on how they are sent.
package measure

import "time"

// Counts are numbers of requests. At the end of a run
// Offered = Sent + Dropped and Sent = Completed + Failed.
type Counts struct {
	Offered   int64 `json:"offered"`   // due by the schedule
	Sent      int64 `json:"sent"`      // given to the network
	Dropped   int64 `json:"dropped"`   // not sent: MaxInFlight requests were unanswered
	Late      int64 `json:"late"`      // sent more than LateAfter after they were due
	Completed int64 `json:"completed"` // answered in full, whatever the status
	Succeeded int64 `json:"succeeded"` // answered with a 2xx status
	Failed    int64 `json:"failed"`    // not answered in full: see Result.Errors
}

// Add adds the numbers of others.
func (c *Counts) Add(others Counts) {
	c.Offered += others.Offered
	c.Sent += others.Sent
	c.Dropped += others.Dropped
	c.Late += others.Late
	c.Completed += others.Completed
	c.Succeeded += others.Succeeded
	c.Failed += others.Failed
}

// NonSuccess returns how many answers had a status other than 2xx.
func (c Counts) NonSuccess() int64 { return c.Completed - c.Succeeded }

// LateAfter is how long after its due time a request may be sent without being
// counted as late: far above the usual delay of a few tenths of a millisecond,
// far below what would change the shape of a load.
const LateAfter = 10 * time.Millisecond

// Second is what happened in one second of a run. Offered, sent and dropped
// requests, and latencies, count in the second in which the request was due;
// outcomes and bytes count in the second in which it ended. So each number,
// summed over all seconds, is that of the run.
type Second struct {
	Offered       int64               `json:"offered"`
	Sent          int64               `json:"sent"`
	Dropped       int64               `json:"dropped"`
	Completed     int64               `json:"completed"`
	Succeeded     int64               `json:"succeeded"`
	Failed        int64               `json:"failed"`
	Classes       map[string]int64    `json:"responses_by_class"` // completed requests by class, such as "2xx"
	Errors        map[ErrorKind]int64 `json:"errors_by_kind"`
	BytesReceived int64               `json:"bytes_received"`
	Latency       *Distribution       `json:"latency_ms"` // never nil
}

// NewSecond returns a second in which nothing happened.
func NewSecond() Second {
	return Second{Classes: make(map[string]int64), Errors: make(map[ErrorKind]int64), Latency: NewDistribution()}
}

// Counts returns the numbers of requests. Late is 0: it is not recorded per
// second.
func (s Second) Counts() Counts {
	return Counts{Offered: s.Offered, Sent: s.Sent, Dropped: s.Dropped, Completed: s.Completed, Succeeded: s.Succeeded, Failed: s.Failed}
}

// Add adds the numbers of another second. s must come from NewSecond.
func (s *Second) Add(other Second) {
	s.Offered += other.Offered
	s.Sent += other.Sent
	s.Dropped += other.Dropped
	s.Completed += other.Completed
	s.Succeeded += other.Succeeded
	s.Failed += other.Failed
	for class, n := range other.Classes {
		s.Classes[class] += n
	}
	for kind, n := range other.Errors {
		s.Errors[kind] += n
	}
	s.BytesReceived += other.BytesReceived
	s.Latency.Merge(other.Latency)
}

// ErrorKind says why no complete answer arrived. The set is closed, so results
// of different runs can be compared and added.
type ErrorKind string

// The kinds of errors.
const (
	Timeout    ErrorKind = "timeout"            // the answer, or the connection, took longer than the timeout
	Refused    ErrorKind = "connection_refused" // nothing listens on the port
	Reset      ErrorKind = "connection_reset"   // the peer aborted the connection
	Closed     ErrorKind = "connection_closed"  // the peer closed it before the answer was complete
	Unresolved ErrorKind = "unresolved_host"    // no address for the host name
	NoRoute    ErrorKind = "no_route"           // no route to the network or the host
	LocalLimit ErrorKind = "local_limit"        // this machine ran out of ports, file descriptors or buffers
	TLS        ErrorKind = "tls"                // certificate rejected, or the TLS handshake failed
	Other      ErrorKind = "other"              // see the example
)

// ErrorKinds returns all kinds, in the order of the constants.
func ErrorKinds() []ErrorKind {
	return []ErrorKind{Timeout, Refused, Reset, Closed, Unresolved, NoRoute, LocalLimit, TLS, Other}
}

// ErrorCount counts the errors of one kind and shows one of them.
type ErrorCount struct {
	Count   int64  `json:"count"`
	Example string `json:"example"` // text of the first one
}

// Plus returns the count with err added.
func (c ErrorCount) Plus(err error) ErrorCount {
	if c.Count == 0 {
		c.Example = err.Error()
	}
	c.Count++
	return c
}
