// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Progress is a snapshot of a run.
type Progress struct {
	Elapsed  time.Duration // since the start of the run
	Duration time.Duration // of the schedule
	Done     bool          // the last snapshot: nothing is in flight any more

	measure.Counts       // since the start of the run
	InFlight       int64 // sent and not finished: Sent - Completed - Failed

	Classes map[string]int64            // since the start: completed requests by class, "2xx"; nil if there are none
	Errors  map[measure.ErrorKind]int64 // since the start: failed requests by reason; nil if there are none

	// Rates since the previous snapshot, in requests per second.
	OfferedRate  float64
	AchievedRate float64

	// Latency of requests that finished since the previous snapshot; 0 if none
	// did.
	Recent    int64 // how many finished: answered or timed out
	RecentP50 time.Duration
	RecentP99 time.Duration

	// Latency of all requests that finished so far; 0 if none did.
	Overall    int64
	OverallP50 time.Duration
	OverallP99 time.Duration
}

// observe starts calling cfg.Observe. stop makes a last call and ends it.
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

// observer remembers the previous snapshot, for the rates.
type observer struct {
	run    *run
	last   time.Time
	counts measure.Counts
}

func (o *observer) look(done bool) {
	progress := Progress{Duration: o.run.cfg.Schedule.Duration(), Done: done}
	o.run.recorder.look(&progress)
	now := time.Now()
	since := now.Sub(o.last)
	progress.Elapsed = now.Sub(o.run.start)
	progress.OfferedRate = perSecond(progress.Offered-o.counts.Offered, since)
	progress.AchievedRate = perSecond(progress.Completed-o.counts.Completed, since)
	o.last, o.counts = now, progress.Counts
	o.run.cfg.Observe(progress)
}

func perSecond(count int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(count) / d.Seconds()
}
