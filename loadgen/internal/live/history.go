// SPDX-License-Identifier: Apache-2.0

package live

import (
	"sort"
	"time"
)

// History remembers how two counters grew, so that their rates can be drawn over
// the whole run. Its size is bounded: when it is full, it drops every second
// sample, and then samples half as often. The zero value is ready to use.
type History struct {
	looks []look
	every time.Duration // least time between two samples that are kept
}

type look struct {
	at                 float64 // seconds since the start
	offered, completed int64
}

// maxLooks is a few for each column of a wide terminal.
const maxLooks = 2048

// Add records the counters at a time, which must never decrease.
func (h *History) Add(at time.Duration, offered, completed int64) {
	if len(h.looks) == 0 {
		h.looks = append(h.looks, look{}) // every run starts at 0
	}
	next := look{at.Seconds(), offered, completed}
	last := len(h.looks) - 1
	if last > 0 && next.at-h.looks[last-1].at < h.every.Seconds() {
		h.looks[last] = next // the newest one always counts
		return
	}
	if len(h.looks) == maxLooks {
		kept := h.looks[:0]
		for i := 0; i < maxLooks; i += 2 {
			kept = append(kept, h.looks[i])
		}
		h.looks = kept
		h.every = time.Duration((kept[len(kept)-1].at - kept[0].at) / float64(len(kept)) * float64(time.Second))
	}
	h.looks = append(h.looks, next)
}

// smooth is the shortest interval over which a rate is computed: at 20 requests
// per second, a shorter one shows only chance.
const smooth = 1.0 // seconds

// Achieved returns the rate of answers between two times, in seconds since the
// start; it is unknown after the last sample.
func (h *History) Achieved(from, to float64) (rate float64, known bool) {
	if len(h.looks) < 2 || from >= h.looks[len(h.looks)-1].at {
		return 0, false
	}
	to = min(to, h.looks[len(h.looks)-1].at)
	from = max(0, min(from, to-smooth))
	if to <= from {
		return 0, false
	}
	return (h.completedAt(to) - h.completedAt(from)) / (to - from), true
}

// Recent returns both rates over the last second.
func (h *History) Recent() (offered, achieved float64) {
	if len(h.looks) < 2 {
		return 0, 0
	}
	last := h.looks[len(h.looks)-1]
	// The newest sample that is a second old, within a timer's jitter.
	first := sort.Search(len(h.looks)-1, func(i int) bool { return h.looks[i].at > last.at-smooth+0.02 })
	earlier := h.looks[max(first-1, 0)]
	if since := last.at - earlier.at; since > 0 {
		return float64(last.offered-earlier.offered) / since, float64(last.completed-earlier.completed) / since
	}
	return 0, 0
}

// completedAt interpolates between two samples.
func (h *History) completedAt(at float64) float64 {
	i := sort.Search(len(h.looks), func(i int) bool { return h.looks[i].at >= at })
	switch {
	case i == 0:
		return float64(h.looks[0].completed)
	case i == len(h.looks):
		return float64(h.looks[i-1].completed)
	}
	a, b := h.looks[i-1], h.looks[i]
	return float64(a.completed) + float64(b.completed-a.completed)*(at-a.at)/(b.at-a.at)
}
