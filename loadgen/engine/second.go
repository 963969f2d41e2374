// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"maps"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// classes counts answers by status class; [0] is for statuses outside 100 to
// 599.
type classes [6]int64

var classNames = [len(classes{})]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (c *classes) add(status int) {
	class := status / 100
	if class < 1 || class >= len(c) {
		class = 0
	}
	c[class]++
}

// named returns the classes that occurred, or nil if none did.
func (c *classes) named() map[string]int64 {
	var named map[string]int64
	for i, n := range c {
		if n == 0 {
			continue
		}
		if named == nil {
			named = make(map[string]int64, 1)
		}
		named[classNames[i]] = n
	}
	return named
}

// second collects a measure.Second; it is small while little happens in it.
type second struct {
	offered, dropped             int64
	completed, succeeded, failed int64
	classes                      classes
	errors                       map[measure.ErrorKind]int64
	received                     int64
	latency                      measure.Distribution
}

// seconds are those of the run so far.
type seconds []*second

// at returns the second that holds a point in time, given as an offset from the
// start of the run; what was due before the start belongs to the first one.
func (s *seconds) at(offset time.Duration) *second {
	index := max(int(offset/time.Second), 0)
	for len(*s) <= index {
		*s = append(*s, &second{})
	}
	return (*s)[index]
}

func (s seconds) result() []measure.Second {
	out := make([]measure.Second, len(s))
	for i, from := range s {
		out[i] = measure.Second{
			Offered: from.offered, Sent: from.offered - from.dropped, Dropped: from.dropped,
			Completed: from.completed, Succeeded: from.succeeded, Failed: from.failed,
			Classes: from.classes.named(), Errors: maps.Clone(from.errors),
			BytesReceived: from.received, Latency: &from.latency,
		}
	}
	return out
}
