// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	stdsync "sync"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/podtimes"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	load "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

const (
	rate     = 80              // requests per second after the step; none before
	longest  = 3 * time.Minute // one step
	failures = 0.2             // the share of requests that may fail; more is an error
)

// step measures one step of the load, on an application without load.
func (b *bench) step(ctx context.Context, t task) (step, error) {
	ctx, cancel := context.WithTimeout(ctx, settling+longest)
	defer cancel()
	w := b.watched[t.App]
	old, err := w.quiet(ctx)
	if err != nil {
		return step{}, err
	}
	select {
	case <-time.After(t.Phase):
	case <-ctx.Done():
		return step{}, context.Cause(ctx)
	}
	if t.Setting == floor {
		return b.byHand(ctx, t, w, old)
	}
	counted, err := b.counter(ctx, t.App)
	if err != nil {
		return step{}, err
	}

	var m marks
	looking, endLooking := context.WithCancel(ctx)
	var lookers stdsync.WaitGroup
	mark := w.observer.Mark()
	began := time.Now()
	lookers.Go(func() { b.lookAtPrometheus(looking, t.App, counted, &m) })
	lookers.Go(func() { b.lookAtMetric(looking, t.App, &m) })
	loading, endLoad := context.WithCancel(ctx)
	type sent struct {
		result *load.Result
		err    error
	}
	done := make(chan sent, 1)
	go func() {
		result, err := b.Send(loading, t.App, rate, longest, uint64(t.Round)+seed)
		done <- sent{result, err}
	}()

	err = b.firstRequest(ctx, t.App, w, old, &m)
	endLoad()
	load := <-done
	endLooking()
	lookers.Wait()
	if err := errors.Join(err, load.err); err != nil {
		return step{}, err
	}
	if float64(load.result.Failed) > failures*float64(load.result.Sent) {
		return step{}, fmt.Errorf("%d of %d requests failed: %w", load.result.Failed, load.result.Sent, load.result.Err())
	}

	decision, found := w.observer.Since(mark).First(func(s observe.State) bool { return s.Wanted > 1 || s.Desired > 1 })
	if !found {
		return step{}, errors.New("a new pod appeared without a decision")
	}
	m.set(decided, decision.At)
	s := step{Setting: t.Setting, Round: t.Round, Wanted: int(max(decision.Wanted, decision.Desired)), Failed: load.result.Failed}
	s.Since = m.since(began)
	if t.Setting == ours {
		b.wanted = s.Wanted
	}
	return s, nil
}

// byHand measures a bare pod start: without load, it scales by hand to as many
// replicas as the autoscaler wanted in the last step with our settings.
func (b *bench) byHand(ctx context.Context, t task, w *watched, old []string) (step, error) {
	scale := func(replicas int) error {
		_, err := b.Client.AppsV1().Deployments(arena.Namespace(t.App)).UpdateScale(ctx, arena.Deployment, &autoscalingv1.Scale{
			ObjectMeta: metav1.ObjectMeta{Namespace: arena.Namespace(t.App), Name: arena.Deployment},
			Spec:       autoscalingv1.ScaleSpec{Replicas: int32(replicas)},
		}, metav1.UpdateOptions{})
		if err != nil {
			return fmt.Errorf("scaling %s by hand: %w", t.App, err)
		}
		return nil
	}
	var m marks
	began := time.Now()
	if err := scale(b.wanted); err != nil {
		return step{}, err
	}
	for {
		pods, changed := w.pods.New(old)
		if m.see(pods); !m.at[ready].IsZero() {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return step{}, fmt.Errorf("waiting for a pod: %w", context.Cause(ctx))
		}
	}
	s := step{Setting: t.Setting, Round: t.Round, Wanted: b.wanted}
	s.Since[scheduled], s.Since[ready] = m.at[scheduled].Sub(began).Seconds(), m.at[ready].Sub(began).Seconds()
	return s, scale(1)
}

// marks are the times of the moments, each set once.
type marks struct {
	mu stdsync.Mutex
	at [moments]time.Time
}

func (m *marks) set(moment int, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at[moment].IsZero() {
		m.at[moment] = at
	}
}

// see records when the first of several pods was scheduled and ready.
func (m *marks) see(pods map[string]podtimes.Times) {
	for moment, of := range map[int]func(podtimes.Times) time.Time{
		scheduled: func(p podtimes.Times) time.Time { return p.Scheduled },
		ready:     func(p podtimes.Times) time.Time { return p.Ready },
	} {
		var times []time.Time
		for _, p := range pods {
			if at := of(p); !at.IsZero() {
				times = append(times, at)
			}
		}
		if len(times) > 0 {
			m.set(moment, slices.MinFunc(times, time.Time.Compare))
		}
	}
}

// since returns the times in seconds since the step. Polls have intervals and take
// time, so a consequence can be seen before its cause. It proves the cause, which then
// gets the time of the consequence.
func (m *marks) since(began time.Time) (seconds [moments]float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.at[answered]
	for i := moments - 1; i >= 0; i-- {
		if at := m.at[i]; !at.IsZero() && at.Before(next) {
			next = at
		}
		seconds[i] = next.Sub(began).Seconds()
	}
	return seconds
}
