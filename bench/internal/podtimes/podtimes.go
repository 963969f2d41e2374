// SPDX-License-Identifier: Apache-2.0

// Package podtimes records when the pods of a namespace reached each state of their
// start. All times are those at which this process learned of it, by a watch.
package podtimes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Times say when a pod was first seen in a state; zero until then.
type Times struct{ Created, Scheduled, Started, Ready time.Time }

// Watch knows all pods that have existed since it started.
type Watch struct {
	mu      sync.Mutex
	pods    map[string]Times
	changed chan struct{} // closed at the next change of a pod
}

// Start starts to watch, and returns when all existing pods are known.
func Start(ctx context.Context, client kubernetes.Interface, namespace string) (w *Watch, stop func(), err error) {
	w = &Watch{pods: map[string]Times{}, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace))
	stop = func() { cancel(); factory.Shutdown() }
	registration, err := factory.Core().V1().Pods().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { w.see(o.(*corev1.Pod), time.Now()) },
		UpdateFunc: func(_, o any) { w.see(o.(*corev1.Pod), time.Now()) },
	})
	if err != nil {
		stop()
		return nil, nil, fmt.Errorf("watching pods of %s: %w", namespace, err)
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		stop()
		return nil, nil, fmt.Errorf("listing pods of %s: %w", namespace, context.Cause(ctx))
	}
	return w, stop, nil
}

func (w *Watch) see(p *corev1.Pod, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	times := w.pods[p.Name]
	note := func(at *time.Time, is bool) {
		if is && at.IsZero() {
			*at = now
		}
	}
	condition := func(of corev1.PodConditionType) bool {
		return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == of && c.Status == corev1.ConditionTrue })
	}
	containers := p.Status.ContainerStatuses
	note(&times.Created, true)
	note(&times.Scheduled, condition(corev1.PodScheduled))
	note(&times.Started, len(containers) > 0 && !slices.ContainsFunc(containers, func(c corev1.ContainerStatus) bool { return c.State.Running == nil }))
	note(&times.Ready, condition(corev1.PodReady))
	w.pods[p.Name] = times
	close(w.changed)
	w.changed = make(chan struct{})
}

// Known returns the names of all pods that were seen until now, for New.
func (w *Watch) Known() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.pods))
}

// New returns the pods that are not among the old ones, and a channel that is
// closed at the next change of any pod.
func (w *Watch) New(old []string) (map[string]Times, <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := maps.Clone(w.pods)
	maps.DeleteFunc(found, func(name string, _ Times) bool { return slices.Contains(old, name) })
	return found, w.changed
}

// AwaitReady waits until a pod that is not among the old ones is ready.
func (w *Watch) AwaitReady(ctx context.Context, old []string) (Times, error) {
	for {
		pods, changed := w.New(old)
		for _, times := range pods {
			if !times.Ready.IsZero() {
				return times, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Times{}, fmt.Errorf("waiting for a pod to be ready: %w", context.Cause(ctx))
		}
	}
}
