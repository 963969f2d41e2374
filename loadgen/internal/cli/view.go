// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/live"
)

const (
	// lookEvery is how often the live view takes a snapshot, and the interval
	// that its "last second" covers. A snapshot takes a lock that requests need
	// too.
	lookEvery = time.Second
	// paintEvery keeps the clock, the replicas and the size of the terminal up
	// to date in between.
	paintEvery = 200 * time.Millisecond
)

// liveDisplay keeps a view of the run on a terminal.
type liveDisplay struct {
	screen  *live.Screen
	cluster clusterView
	style   draw.Style
	done    chan struct{}
	painter sync.WaitGroup

	mu      sync.Mutex
	state   live.State
	started time.Time // by the engine's clock, from the last snapshot
}

// newLiveDisplay paints until end is called. first is what is known before the
// run.
func newLiveDisplay(c console, first live.State, cluster clusterView) *liveDisplay {
	first.History = new(live.History)
	d := &liveDisplay{cluster: cluster, style: c.style(c.stderr), done: make(chan struct{}), state: first, started: time.Now()}
	size := func() live.Size {
		size, _ := terminalSize(c.stderr)
		return live.Size{Columns: max(size.Columns, 20), Rows: max(size.Rows, 2)}
	}
	d.screen = live.NewScreen(c.stderr, size, d.frame)
	d.painter.Go(func() {
		tick := time.NewTicker(paintEvery)
		defer tick.Stop()
		for {
			d.screen.Paint()
			select {
			case <-tick.C:
			case <-d.done:
				return
			}
		}
	})
	return d
}

func (d *liveDisplay) frame(size live.Size) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	state := d.state
	if !state.Over {
		state.Elapsed = max(state.Elapsed, time.Since(d.started))
	}
	state.Cluster = d.cluster.now()
	return live.Lines(state, size, d.style)
}

func (d *liveDisplay) observeEvery() time.Duration { return lookEvery }

func (d *liveDisplay) look(now engine.Progress) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &d.state
	s.Elapsed, d.started, s.Over = now.Elapsed, time.Now().Add(-now.Elapsed), now.Done
	s.Offered, s.Sent, s.Dropped = now.Offered, now.Sent, now.Dropped
	s.Completed, s.Succeeded, s.Failed = now.Completed, now.Succeeded, now.Failed
	s.InFlight = now.InFlight
	s.History.Add(now.Elapsed, now.Offered, now.Completed)
	s.OfferedRate, s.AchievedRate = s.History.Recent()
	if !now.Done || now.Recent > 0 { // the last snapshot may come right after another one
		s.Recent = live.Latency{Count: now.Recent, P50: now.RecentP50, P99: now.RecentP99}
	}
	s.Overall = live.Latency{Count: now.Overall, P50: now.OverallP50, P99: now.OverallP99}
	s.Classes = nil
	for _, class := range slices.Sorted(maps.Keys(now.Classes)) {
		s.Classes = append(s.Classes, live.Count{Name: class, Number: now.Classes[class]})
	}
	s.Errors = nil
	for kind, count := range now.Errors {
		s.Errors = append(s.Errors, live.Count{Name: string(kind), Number: count})
	}
	slices.SortFunc(s.Errors, func(a, b live.Count) int {
		return cmp.Or(cmp.Compare(b.Number, a.Number), cmp.Compare(a.Name, b.Name))
	})
}

func (d *liveDisplay) interrupted(timeout time.Duration) {
	d.mu.Lock()
	d.state.Ending = "interrupted: awaiting answers, at most " + seconds(timeout)
	d.mu.Unlock()
	d.screen.Paint()
}

func (d *liveDisplay) end() {
	close(d.done)
	d.painter.Wait()
	d.screen.Close()
}
