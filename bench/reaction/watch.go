// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/podtimes"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

// settling is how long an application may take to come up, or until the previous step
// is forgotten.
const settling = 3 * time.Minute

// watched has the watches of one application. All times are those at which this
// process learned of something.
type watched struct {
	observer *observe.Observer
	pods     *podtimes.Watch
	scaled   bool // it has an autoscaler
}

// watch starts to watch all applications.
func (b *bench) watch(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for app, settings := range apps {
		w := &watched{scaled: settings.RateWindow > 0}
		observer, end, err := observe.Start(ctx, observe.Options{
			Client: b.Client, Namespace: arena.Namespace(app), Name: arena.Deployment, Metric: arena.Metric(app), Log: func(string, ...any) {},
		})
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, end)
		w.observer = observer
		w.pods, end, err = podtimes.Start(ctx, b.Client, arena.Namespace(app))
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, end)
		b.watched[app] = w
	}
	return stop, nil
}

// quiet waits until the previous step is forgotten: one pod, none that is
// terminating, and an autoscaler that sees no load. It returns all pods seen until
// then.
func (w *watched) quiet(ctx context.Context) (old []string, err error) {
	_, err = w.observer.Await(ctx, settling, "one replica without load", func(s observe.State) bool {
		if s.Wanted != 1 || s.Ready != 1 || len(s.Pods) != 1 {
			return false
		}
		return !w.scaled || s.Desired == 1 && s.Average != nil && s.Average.IsZero()
	})
	return w.pods.Known(), err
}
