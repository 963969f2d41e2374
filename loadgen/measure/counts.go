// SPDX-License-Identifier: Apache-2.0

// Package measure is what can be said of requests that were sent: how many, how
// they ended, how long they took. It knows nothing of how they are sent.
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

// NonSuccess returns how many answers had another status than 2xx.
func (c Counts) NonSuccess() int64 { return c.Completed - c.Succeeded }

// LateAfter is how long after its due time a request may be sent without being
// counted as late: far above the usual delay of a few tenths of a millisecond,
// far below what changes the shape of a load.
const LateAfter = 10 * time.Millisecond

// Second is what happened in one second of a run. Requests count as offered,
// sent or dropped, and their latency counts, in the second in which they were
// due; how they ended counts in the second in which they did. So the sum of
// each number over all seconds is that of the whole run.
type Second struct {
	Offered int64
	Sent    int64
	Dropped int64

	Completed     int64
	Succeeded     int64
	Failed        int64
	Classes       map[string]int64 // completed ones by class of their status, "2xx"; nil without any
	Errors        map[ErrorKind]int64
	BytesReceived int64

	Latency *Distribution // never nil
}

// ErrorKind says why no whole answer arrived. The set is closed: results of
// different runs can be compared and added.
type ErrorKind string

// The kinds of errors.
const (
	Timeout    ErrorKind = "timeout"            // the answer, or the connection, took longer than the timeout
	Refused    ErrorKind = "connection_refused" // nothing listens on the port
	Reset      ErrorKind = "connection_reset"   // the peer aborted the connection
	Closed     ErrorKind = "connection_closed"  // the peer closed it before the answer was complete
	Unresolved ErrorKind = "unresolved_host"    // no address for the host name
	NoRoute    ErrorKind = "no_route"           // no way to the network or the host
	LocalLimit ErrorKind = "local_limit"        // this machine ran out of ports, file descriptors or buffers
	TLS        ErrorKind = "tls"                // no agreement on certificate or protocol
	Other      ErrorKind = "other"              // see the example
)

// ErrorCount counts the errors of one kind and shows one of them.
type ErrorCount struct {
	Count   int64  `json:"count"`
	Example string `json:"example"` // text of the first one
}

// Plus counts one more.
func (c ErrorCount) Plus(err error) ErrorCount {
	if c.Count == 0 {
		c.Example = err.Error()
	}
	c.Count++
	return c
}
