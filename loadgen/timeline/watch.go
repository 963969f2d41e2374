// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"context"
	"errors"
	"fmt"
	"sync"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// watch starts to watch autoscaler, pods and events, and to poll the metric. It
// returns when the first list of each has been taken in, with what ends it all
// and waits for it.
func (r *Recorder) watch(ctx, starting context.Context, client kubernetes.Interface, q Query) (stop func(), err error) {
	narrowed := func(narrow func(*metav1.ListOptions)) informers.SharedInformerFactory {
		return informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(q.Namespace), informers.WithTweakListOptions(narrow))
	}
	autoscalers := narrowed(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermEqualSelector("metadata.name", r.autoscaler.HPA).String()
	})
	pods := narrowed(func(o *metav1.ListOptions) { o.LabelSelector = q.Selector })
	events := narrowed(func(*metav1.ListOptions) {})

	var failures failures
	var handled []cache.InformerSynced
	handle := func(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
		// A dropped watch is taken up again by itself and must not print anything.
		if err := informer.SetWatchErrorHandlerWithContext(func(_ context.Context, _ *cache.Reflector, err error) { failures.add(err) }); err != nil {
			return err
		}
		registration, err := informer.AddEventHandler(handler)
		if err == nil {
			handled = append(handled, registration.HasSynced)
		}
		return err
	}
	err = errors.Join(
		handle(autoscalers.Autoscaling().V2().HorizontalPodAutoscalers().Informer(), cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { r.seeAutoscaler(o.(*autoscalingv2.HorizontalPodAutoscaler)) },
			UpdateFunc: func(_, o any) { r.seeAutoscaler(o.(*autoscalingv2.HorizontalPodAutoscaler)) },
		}),
		handle(pods.Core().V1().Pods().Informer(), cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { r.seePod(o.(*corev1.Pod)) },
			UpdateFunc: func(_, o any) { r.seePod(o.(*corev1.Pod)) },
			DeleteFunc: func(o any) {
				// An object whose end was missed comes as its last known state, wrapped.
				if missed, ok := o.(cache.DeletedFinalStateUnknown); ok {
					o = missed.Obj
				}
				if p, ok := o.(*corev1.Pod); ok {
					r.losePod(p.Name)
				}
			},
		}),
		handle(events.Core().V1().Events().Informer(), cache.ResourceEventHandlerDetailedFuncs{
			AddFunc: func(o any, isInInitialList bool) {
				if !isInInitialList { // that is the past
					r.seeEvent(o.(*corev1.Event))
				}
			},
			// An event that happens again is the old one with another count.
			UpdateFunc: func(old, o any) {
				if repeated(old.(*corev1.Event), o.(*corev1.Event)) {
					r.seeEvent(o.(*corev1.Event))
				}
			},
		}),
	)
	if err != nil {
		return nil, err
	}

	// The informers log what they do about dropped watches.
	running, cancel := context.WithCancel(klog.NewContext(ctx, klog.Logger{}))
	factories := []informers.SharedInformerFactory{autoscalers, pods, events}
	for _, f := range factories {
		f.StartWithContext(running)
	}
	var polling sync.WaitGroup
	stop = func() {
		cancel()
		for _, f := range factories {
			f.Shutdown()
		}
		polling.Wait()
	}
	if !cache.WaitForCacheSync(starting.Done(), handled...) {
		stop()
		if last := failures.last(); last != nil {
			return nil, fmt.Errorf("%w: %w", context.Cause(starting), last)
		}
		return nil, context.Cause(starting)
	}
	if r.values != nil {
		polling.Go(func() { r.poll(running, q) })
	}
	return stop, nil
}

// repeated tells another occurrence from a change of something else.
func repeated(old, now *corev1.Event) bool {
	count := func(e *corev1.Event) int32 {
		if e.Series != nil {
			return e.Series.Count
		}
		return e.Count
	}
	return count(now) > count(old)
}

// failures keeps the last failure of a watch.
type failures struct {
	mu  sync.Mutex
	err error
}

func (f *failures) add(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failures) last() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}
