// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"sync"
	"time"
)

// Progress is a look at a running run.
type Progress struct {
	Elapsed  time.Duration // since the start of the run
	Duration time.Duration // of the schedule
	Done     bool          // the last look: nothing is in flight any more

	Counts         // since the start of the run
	InFlight int64 // sent and not finished: Sent - Completed - Failed

	// Rates since the previous look, in requests per second.
	OfferedRate  float64
	AchievedRate float64
}

// observe starts calling cfg.Observe and returns what ends it with a last call.
func (r *run) observe() (stop func()) {
	if r.cfg.Observe == nil {
		return func() {}
	}
	var (
		observer = observer{run: r, last: r.start}
		done     = make(chan struct{})
		looking  sync.WaitGroup
	)
	looking.Go(func() {
		ticker := time.NewTicker(r.cfg.ObserveEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				observer.look(false)
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		looking.Wait()
		observer.look(true)
	}
}

// observer remembers the previous look, for the rates.
type observer struct {
	run    *run
	last   time.Time
	counts Counts
}

func (o *observer) look(done bool) {
	now := time.Now()
	counts, inFlight := o.run.recorder.now()
	since := now.Sub(o.last)
	progress := Progress{
		Elapsed:      now.Sub(o.run.start),
		Duration:     o.run.cfg.Schedule.Duration(),
		Done:         done,
		Counts:       counts,
		InFlight:     inFlight,
		OfferedRate:  perSecond(counts.Offered-o.counts.Offered, since),
		AchievedRate: perSecond(counts.Completed-o.counts.Completed, since),
	}
	o.last, o.counts = now, counts
	o.run.cfg.Observe(progress)
}
