// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// pollEvery is how often the metrics API is polled while it must not have a gap. An autoscaler reads it every 15 s.
const pollEvery = 50 * time.Millisecond

// failure is one request that was not answered as it should be.
type failure struct {
	at  time.Time
	err error
}

// gaps polls the metrics API, as an autoscaler does.
type gaps struct {
	stop  context.CancelFunc
	polls sync.WaitGroup

	mu      sync.Mutex
	asked   int
	failed  []failure
	starved int // times that Prometheus had no value itself
}

// watchForGaps starts polling the environment's own metric and the list of all metrics.
func (c *cluster) watchForGaps(t *testing.T) *gaps {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	g := &gaps{stop: stop}
	query := c.ownQuery(t)
	t.Cleanup(func() { stop(); g.polls.Wait() })
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error {
			began := time.Now()
			values, err := c.values(ctx, ownMetric)
			if err != nil || len(values) > 0 {
				return err
			}
			// A rate whose scrapes came late has no value for a moment, in Prometheus too: that is not the adapter's gap.
			for _, at := range []time.Time{time.Now(), began} {
				if had, err := c.prometheus(ctx, query, at); err == nil && len(had) == 0 {
					g.mu.Lock()
					g.starved++
					g.mu.Unlock()
					return nil
				}
			}
			return fmt.Errorf("the metric %s has no value", ownMetric)
		},
		func(ctx context.Context) error {
			_, err := c.listed(ctx)
			return err
		},
	} {
		g.polls.Go(func() { g.poll(ctx, ask) })
	}
	return g
}

func (g *gaps) poll(ctx context.Context, ask func(context.Context) error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		began := time.Now()
		err := ask(ctx)
		if ctx.Err() != nil {
			return
		}
		g.mu.Lock()
		g.asked++
		if err != nil {
			g.failed = append(g.failed, failure{began, err})
		}
		g.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// end stops polling and fails the test if any request failed.
func (g *gaps) end(t *testing.T) {
	t.Helper()
	g.stop()
	g.polls.Wait()
	if g.asked == 0 {
		t.Error("the metrics API was never asked")
	}
	if n := len(g.failed); n > 0 {
		t.Errorf("the metrics API failed %d of %d times:%s", n, g.asked, g.windows())
	}
	t.Logf("the metrics API was asked %d times, %d of them while Prometheus had no value", g.asked, g.starved)
}

// windows describes the periods in which requests failed; failures less than half a second apart belong to one period.
func (g *gaps) windows() string {
	slices.SortFunc(g.failed, func(a, b failure) int { return a.at.Compare(b.at) })
	var text strings.Builder
	for first := 0; first < len(g.failed); {
		last := first
		for last+1 < len(g.failed) && g.failed[last+1].at.Sub(g.failed[last].at) < 10*pollEvery {
			last++
		}
		from, to := g.failed[first].at, g.failed[last].at
		fmt.Fprintf(&text, "\n  %s for %s, %d times, first with: %v", from.Format("15:04:05.000"), to.Sub(from).Round(time.Millisecond), last-first+1, g.failed[first].err)
		first = last + 1
	}
	return text.String()
}
