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
	// readEvery is how often the counter of a pod that ends is read.
	readEvery = 100 * time.Millisecond
	// standstill is how long a counter must not have moved, and been read, before
	// a pod's end, to have its last value known.
	standstill = time.Second
)

// Ledger adds up a counter over all pods there ever were, exactly. A counter is
// lost with its pod; but a pod of the application that is told to end gets no
// more requests after a moment, and serves its metrics for some seconds after
// that. So the counter of each pod that ends is read until the pod does not
// answer any more. What it had when it did not move is its last value; a counter
// that still moved is an error.
type Ledger struct {
	read func(ctx context.Context, pod string) (float64, error)

	mu       sync.Mutex
	alive    map[string]bool
	ending   map[string]bool
	final    map[string]float64 // of pods that have ended
	problems []error
	changed  chan struct{} // closed at the next change
}

// Follow begins to watch the pods with the labels. The returned function ends
// that and waits for it.
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
			l.problem(p.Name, fmt.Errorf("container %s was started again, and counts from zero", s.Name))
		}
	}
	switch {
	case !started(p): // and has counted nothing, whatever becomes of it
	case p.DeletionTimestamp == nil:
		l.alive[p.Name] = true
	case !l.alive[p.Name]: // it was ending already when we came, or never seen alive
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

// lose notices a pod that went without having been seen to end.
func (l *Ledger) lose(pod string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.alive[pod] {
		delete(l.alive, pod)
		l.problem(pod, errors.New("it went without notice"))
	}
	l.change()
}

// readToTheEnd reads until the pod does not answer for a while.
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

// end keeps the last value of a pod. Still is how long it had not moved.
func (l *Ledger) end(pod string, value float64, known bool, still time.Duration, last error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.ending, pod)
	switch {
	case !known:
		l.problem(pod, fmt.Errorf("it could not be read while it ended: %w", last))
	case still < standstill:
		l.problem(pod, fmt.Errorf("it was read last %s after it had moved, want %s at least", still.Round(time.Millisecond), standstill))
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

// Sum waits until no pod is just ending, and returns the counter of all pods
// together, those that have ended included. Load must not come meanwhile. The
// error says whose counter is not known.
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
				return 0, fmt.Errorf("waiting for the end of %d pods: %w", ending, context.Cause(ctx))
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

// Pods returns the number of pods that are there, and that have ended.
func (l *Ledger) Pods() (alive, ended int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.alive), len(l.final)
}
