// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Options say what to watch.
type Options struct {
	Client    kubernetes.Interface
	Namespace string
	Name      string // of the Deployment and of its autoscaler
	Metric    string // pods metric the autoscaler scales on
	Log       func(format string, args ...any)
}

// Observer follows one autoscaled Deployment from Start until its context ends.
// It is safe for concurrent use.
type Observer struct {
	mu       sync.Mutex
	history  History
	changed  chan struct{} // closed at the next change
	watchErr error         // last failure of a watch; informers retry by themselves
}

// Start starts the watches and returns once the current state is known. The returned
// function stops them, and returns when nothing is logged any more.
func Start(ctx context.Context, o Options) (*Observer, func(), error) {
	deployment, err := o.Client.AppsV1().Deployments(o.Namespace).Get(ctx, o.Name, metav1.GetOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("watching %s/%s: %w", o.Namespace, o.Name, err)
	}
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil {
		return nil, nil, fmt.Errorf("selector of deployment %s/%s: %w", o.Namespace, o.Name, err)
	}

	ctx, cancel := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactoryWithOptions(o.Client, 0, informers.WithNamespace(o.Namespace))
	deployments := factory.Apps().V1().Deployments()
	autoscalers := factory.Autoscaling().V2().HorizontalPodAutoscalers()
	pods := factory.Core().V1().Pods()

	obs := &Observer{changed: make(chan struct{})}
	synced := make(chan struct{})
	// Reading and recording are one critical section: otherwise a slow handler could
	// record an older state after a newer one, as if the change had been undone.
	var turn sync.Mutex
	update := func() {
		turn.Lock()
		defer turn.Unlock()
		select {
		case <-synced:
		default:
			return // the caches are incomplete: such a state never existed
		}
		d, derr := deployments.Lister().Deployments(o.Namespace).Get(o.Name)
		h, herr := autoscalers.Lister().HorizontalPodAutoscalers(o.Namespace).Get(o.Name)
		p, perr := pods.Lister().Pods(o.Namespace).List(selector)
		if err := errors.Join(unlessNotFound(derr), unlessNotFound(herr), perr); err != nil {
			obs.failed(err)
			return
		}
		obs.record(derive(d, h, p, o.Metric), o.Log)
	}
	for _, informer := range []cache.SharedIndexInformer{deployments.Informer(), autoscalers.Informer(), pods.Informer()} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { update() },
			UpdateFunc: func(any, any) { update() },
			DeleteFunc: func(any) { update() },
		})
		err = errors.Join(err, informer.SetWatchErrorHandler(func(_ *cache.Reflector, err error) { obs.failed(err) }))
		if err != nil {
			cancel()
			return nil, nil, fmt.Errorf("watching %s/%s: %w", o.Namespace, o.Name, err)
		}
	}
	factory.Start(ctx.Done())
	stop := func() { cancel(); factory.Shutdown() }
	for kind, ok := range factory.WaitForCacheSync(ctx.Done()) {
		if !ok {
			stop()
			return nil, nil, fmt.Errorf("listing %s of namespace %q: %w", kind, o.Namespace, errors.Join(ctx.Err(), obs.lastError()))
		}
	}
	close(synced)
	update()
	return obs, stop, nil
}

func unlessNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func (o *Observer) record(s State, log func(string, ...any)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	s.At = time.Now()
	if n := len(o.history); n > 0 && o.history[n-1].Equal(s) {
		return
	}
	o.history = append(o.history, s)
	log("%s", s)
	close(o.changed)
	o.changed = make(chan struct{})
}

func (o *Observer) failed(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watchErr = err
}

func (o *Observer) lastError() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.watchErr
}

// Mark remembers the current state, for Since.
func (o *Observer) Mark() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.history) - 1
}

// Since returns all states from the one at the mark to the current one.
func (o *Observer) Since(mark int) History {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append(History(nil), o.history[mark:]...)
}

// Await returns the first state, from the current one on, that meets the condition. No
// state is skipped, however briefly it lasts, unless a watch was interrupted. The three
// kinds of objects are watched independently, so a state may combine a new value of one
// with a slightly older one of another. After limit it fails with what was awaited, the
// last state and the last failure of a watch.
func (o *Observer) Await(ctx context.Context, limit time.Duration, what string, condition func(State) bool) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for next := o.Mark(); ; {
		o.mu.Lock()
		fresh, changed := o.history[next:], o.changed
		o.mu.Unlock()
		for _, s := range fresh {
			if condition(s) {
				return s, nil
			}
		}
		next += len(fresh)
		select {
		case <-changed:
		case <-ctx.Done():
			last := o.Since(o.Mark())[0]
			err := fmt.Errorf("waited up to %s for %s; last seen: %s: %w", limit, what, last, context.Cause(ctx))
			if watch := o.lastError(); watch != nil {
				err = fmt.Errorf("%w; last failure of a watch: %w", err, watch)
			}
			return last, err
		}
	}
}
