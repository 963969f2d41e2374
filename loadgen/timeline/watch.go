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
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

// watch starts watching autoscaler, pods and events, and polling the metric. It
// returns once the first list of each has been processed. stop ends all of this
// and waits for it.
func (r *Recorder) watch(ctx, starting context.Context, client kube.Reader, q Query) (stop func(), err error) {
	var failures failures
	var handled []cache.InformerSynced
	var informers []cache.SharedIndexInformer
	handle := func(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
		informers = append(informers, informer)
		// The informer resumes a dropped watch by itself and must not print anything.
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
		handle(informer(client, kube.Autoscalers, q.Namespace, &autoscalingv2.HorizontalPodAutoscaler{}, &autoscalingv2.HorizontalPodAutoscalerList{}, func(o *metav1.ListOptions) {
			o.FieldSelector = fields.OneTermEqualSelector("metadata.name", r.autoscaler.HPA).String()
		}), cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { r.seeAutoscaler(o.(*autoscalingv2.HorizontalPodAutoscaler)) },
			UpdateFunc: func(_, o any) { r.seeAutoscaler(o.(*autoscalingv2.HorizontalPodAutoscaler)) },
		}),
		handle(informer(client, kube.Pods, q.Namespace, &corev1.Pod{}, &corev1.PodList{}, func(o *metav1.ListOptions) {
			o.LabelSelector = q.Selector
		}), cache.ResourceEventHandlerFuncs{
			AddFunc:    func(o any) { r.seePod(o.(*corev1.Pod)) },
			UpdateFunc: func(_, o any) { r.seePod(o.(*corev1.Pod)) },
			DeleteFunc: func(o any) {
				// An object whose deletion was missed arrives as its last known state, wrapped.
				if missed, ok := o.(cache.DeletedFinalStateUnknown); ok {
					o = missed.Obj
				}
				if p, ok := o.(*corev1.Pod); ok {
					r.losePod(p.Name)
				}
			},
		}),
		handle(informer(client, kube.Events, q.Namespace, &corev1.Event{}, &corev1.EventList{}, func(*metav1.ListOptions) {}), cache.ResourceEventHandlerDetailedFuncs{
			AddFunc: func(o any, isInInitialList bool) {
				if !isInInitialList { // that is the past
					r.seeEvent(o.(*corev1.Event))
				}
			},
			// A repeated event is the old one with a higher count.
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

	// An empty logger, because informers log dropped watches.
	running, cancel := context.WithCancel(klog.NewContext(ctx, klog.Logger{}))
	var watching, polling sync.WaitGroup
	for _, i := range informers {
		watching.Go(func() { i.RunWithContext(running) })
	}
	stop = func() {
		cancel()
		watching.Wait()
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

// informer lists objects once and then watches them.
func informer(client kube.Reader, kind kube.Kind, namespace string, object, list runtime.Object, narrow func(*metav1.ListOptions)) cache.SharedIndexInformer {
	listWatch := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			narrow(&o)
			into := list.DeepCopyObject()
			return into, client.List(ctx, kind, namespace, o, into)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			narrow(&o)
			return client.Watch(ctx, kind, namespace, o)
		},
	}
	return cache.NewSharedIndexInformer(cache.ToListWatcherWithWatchListSemantics(listWatch, client), object, 0, nil)
}

// repeated reports whether an update is another occurrence of an event.
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
