// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	// readEvery is how often the counter of a terminating pod is read.
	readEvery = 100 * time.Millisecond
	// standstill is how long the readings of a counter must have been unchanged
	// before a pod's end for its last value to be final.
	standstill = time.Second
)

// Ledger sums a counter exactly, over all pods that ever existed. A counter is lost with
// its pod, but a terminating pod of the application soon gets no more requests, and
// serves its metrics for some seconds after that. So the counter of each terminating pod
// is read until the pod no longer answers. If it had stopped increasing by then, its
// last value is final; otherwise that is an error.
type Ledger struct {
	read func(ctx context.Context, pod string) (float64, error)

	mu       sync.Mutex
	alive    map[string]bool
	ending   map[string]bool
	final    map[string]float64 // of pods that have ended
	problems []error
	changed  chan struct{} // closed at the next change
}

// Follow starts to watch the pods that the label selector matches. The returned function
// stops that and waits until it has ended.
func (c Counter) Follow(ctx context.Context, client kubernetes.Interface, selector string) (*Ledger, func(), error) {
	return follow(ctx, client, c.Namespace, selector, c.one)
}

func follow(ctx context.Context, client kubernetes.Interface, namespace, selector string, read func(context.Context, string) (float64, error)) (*Ledger, func(), error) {
	l := &Ledger{read: read, alive: map[string]bool{}, ending: map[string]bool{}, final: map[string]float64{}, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(namespace),
		informers.WithTweakListOptions(func(o *metav1.ListOptions) { o.LabelSelector = selector }))
	var readers sync.WaitGroup
	see := func(o any) { l.see(ctx, o.(*corev1.Pod), &readers) }
	informer := factory.Core().V1().Pods().Informer()
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    see,
		UpdateFunc: func(_, o any) { see(o) },
		DeleteFunc: func(o any) {
			if missed, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = missed.Obj
			}
			l.lose(o.(*corev1.Pod).Name)
		},
	})
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("watching the pods of namespace %s: %w", namespace, err)
	}
	factory.StartWithContext(ctx)
	stop := func() { cancel(); factory.Shutdown(); readers.Wait() }
	if !cache.WaitForCacheSync(ctx.Done(), registration.HasSynced) {
		stop()
		return nil, nil, fmt.Errorf("listing the pods of namespace %s: %w", namespace, context.Cause(ctx))
	}
	return l, stop, nil
}

func (l *Ledger) see(ctx context.Context, p *corev1.Pod, readers *sync.WaitGroup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range p.Status.ContainerStatuses {
		if s.RestartCount > 0 {
			l.problem(p.Name, fmt.Errorf("container %s restarted, so its counter started from zero again", s.Name))
		}
	}
	switch {
	case !started(p): // so it has counted nothing
	case p.DeletionTimestamp == nil:
		l.alive[p.Name] = true
	case !l.alive[p.Name]: // already terminating when first seen, or already being read
	default:
		delete(l.alive, p.Name)
		l.ending[p.Name] = true
		readers.Go(func() { l.readToTheEnd(ctx, p.Name) })
	}
	l.change()
}

// started reports whether a container of the pod has run.
func started(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool {
		return s.State.Running != nil || s.State.Terminated != nil || s.LastTerminationState.Terminated != nil
	})
}

// lose handles the deletion of a pod. One that was not seen terminating is a problem.
func (l *Ledger) lose(pod string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive[pod] {
		delete(l.alive, pod)
		l.problem(pod, errors.New("it was deleted without being seen terminating"))
	}
	l.change()
}

// readToTheEnd reads the counter until the pod has not answered for standstill. It gives
// up at once if the first read fails.
func (l *Ledger) readToTheEnd(ctx context.Context, pod string) {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	var (
		value                  float64
		moved, answered, asked time.Time
		known                  bool
	)
	for {
		asked = time.Now()
		now, err := l.read(ctx, pod)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if !known || now != value {
				known, value, moved = true, now, asked
			}
			answered = asked
		case !known || time.Since(answered) > standstill:
			l.end(pod, value, known, answered.Sub(moved), err)
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// end keeps the last value of a pod. Still is how long it had been unchanged.
func (l *Ledger) end(pod string, value float64, known bool, still time.Duration, last error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ending, pod)
	switch {
	case !known:
		l.problem(pod, fmt.Errorf("it could not be read while the pod terminated: %w", last))
	case still < standstill:
		l.problem(pod, fmt.Errorf("it was last read %s after it increased, want at least %s", still.Round(time.Millisecond), standstill))
	default:
		l.final[pod] = value
	}
	l.change()
}

// problem is called with the lock held.
func (l *Ledger) problem(pod string, err error) {
	l.problems = append(l.problems, fmt.Errorf("counter of pod %s: %w", pod, err))
}

// change is called with the lock held.
func (l *Ledger) change() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// Sum waits until no pod is terminating, and returns the sum of the counter over all
// pods, including those that have ended. There must be no load meanwhile. The error
// names the pods whose counter is unknown.
func (l *Ledger) Sum(ctx context.Context) (float64, error) {
	for {
		l.mu.Lock()
		changed, ending := l.changed, len(l.ending)
		alive, final := slices.Collect(maps.Keys(l.alive)), maps.Clone(l.final)
		err := errors.Join(l.problems...)
		l.mu.Unlock()
		if err != nil {
			return 0, err
		}
		if ending > 0 {
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return 0, fmt.Errorf("waiting for %d pods to terminate: %w", ending, context.Cause(ctx))
			}
		}
		var sum float64
		for _, value := range final {
			sum += value
		}
		for _, pod := range alive {
			value, err := l.read(ctx, pod)
			if err != nil {
				return 0, fmt.Errorf("counter of pod %s: %w", pod, err)
			}
			sum += value
		}
		return sum, nil
	}
}

// Pods returns how many pods are alive, and how many have ended.
func (l *Ledger) Pods() (alive, ended int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.alive), len(l.final)
}
