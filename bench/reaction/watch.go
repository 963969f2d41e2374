// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	stdsync "sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

// settling is how long an application may take until the step before is
// forgotten, and to come up.
const settling = 3 * time.Minute

// watched is one application as its watches tell. All times are those at which
// this process learned of something.
type watched struct {
	observer *observe.Observer
	scaled   bool // it has an autoscaler

	mu      stdsync.Mutex
	pods    map[string]podTimes
	changed chan struct{} // closed at the next change of a pod
}

// podTimes say when a pod was first seen in a state; zero until then.
type podTimes struct{ scheduled, ready time.Time }

// watch begins to watch all applications.
func (b *bench) watch(ctx context.Context) (stop func(), err error) {
	var stops []func()
	stop = func() {
		for _, s := range stops {
			s()
		}
	}
	for app, settings := range apps {
		w := &watched{scaled: settings.RateWindow > 0, pods: map[string]podTimes{}, changed: make(chan struct{})}
		observer, end, err := observe.Start(ctx, observe.Options{
			Client: b.Client, Namespace: arena.Namespace(app), Name: arena.Deployment, Metric: arena.Metric(app), Log: func(string, ...any) {},
		})
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, end)
		end, err = w.watchPods(ctx, b.Client, arena.Namespace(app))
		if err != nil {
			stop()
			return nil, err
		}
		stops = append(stops, end)
		w.observer = observer
		b.watched[app] = w
	}
	return stop, nil
}

func (w *watched) watchPods(ctx context.Context, client kubernetes.Interface, namespace string) (stop func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	stop = func() { cancel(); factory.Shutdown() }
	informer := factory.Core().V1().Pods().Informer()
	if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { w.see(o.(*corev1.Pod)) },
		UpdateFunc: func(_, o any) { w.see(o.(*corev1.Pod)) },
	}); err != nil {
		stop()
		return nil, fmt.Errorf("watching pods of %s: %w", namespace, err)
	}
	factory.Start(ctx.Done())
	for _, ok := range factory.WaitForCacheSync(ctx.Done()) {
		if !ok {
			stop()
			return nil, fmt.Errorf("listing pods of %s: %w", namespace, context.Cause(ctx))
		}
	}
	return stop, nil
}

func (w *watched) see(p *corev1.Pod) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	times := w.pods[p.Name]
	for _, c := range p.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			continue
		}
		switch {
		case c.Type == corev1.PodScheduled && times.scheduled.IsZero():
			times.scheduled = now
		case c.Type == corev1.PodReady && times.ready.IsZero():
			times.ready = now
		}
	}
	w.pods[p.Name] = times
	close(w.changed)
	w.changed = make(chan struct{})
}

// newPods returns the pods that are not among the old ones, and a channel that
// is closed when one of any has changed.
func (w *watched) newPods(old []string) (map[string]podTimes, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := map[string]podTimes{}
	for name, times := range w.pods {
		if !slices.Contains(old, name) {
			found[name] = times
		}
	}
	return found, w.changed
}

// forget drops what is known of pods that are gone.
func (w *watched) forget(present []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.pods {
		if !slices.Contains(present, name) {
			delete(w.pods, name)
		}
	}
}

// quiet waits until the step before is forgotten: one pod, none that still ends,
// and an autoscaler that sees no load.
func (w *watched) quiet(ctx context.Context) (observe.State, error) {
	state, err := w.observer.Await(ctx, settling, "one replica without load", func(s observe.State) bool {
		if s.Wanted != 1 || s.Ready != 1 || len(s.Pods) != 1 {
			return false
		}
		return !w.scaled || s.Desired == 1 && s.Average != nil && s.Average.IsZero()
	})
	if err == nil {
		w.forget(state.Pods)
	}
	return state, err
}
