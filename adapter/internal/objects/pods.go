// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

var podResource = schema.GroupVersionResource{Version: "v1", Resource: "pods"}

// Pods is a cache of the names and labels of all pods that knows whether it is
// current: a deleted pod must not count in an average because its deletion was missed.
type Pods struct {
	informer cache.SharedIndexInformer
	open     atomic.Pointer[watched] // the watch, until it ends
	refused  atomic.Bool
}

// NewPods returns a cache that is filled once Run is called.
func NewPods(client metadata.Interface) *Pods {
	p := &Pods{}
	pods := client.Resource(podResource)
	source := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			p.open.Store(nil)
			return pods.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := pods.Watch(ctx, o)
			if err != nil {
				return nil, err
			}
			return p.follow(w), nil
		},
	}
	p.informer = cache.NewSharedIndexInformer(listAndWatch{source}, &metav1.PartialObjectMetadata{}, 0, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	// Cannot fail before the informer runs.
	_ = p.informer.SetTransform(func(object any) (any, error) {
		if pod, ok := object.(*metav1.PartialObjectMetadata); ok {
			pod.ObjectMeta = metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels, ResourceVersion: pod.ResourceVersion}
		}
		return object, nil
	})
	var once sync.Once
	_ = p.informer.SetWatchErrorHandlerWithContext(func(ctx context.Context, r *cache.Reflector, err error) {
		if apierrors.IsForbidden(err) {
			p.refused.Store(true)
			once.Do(func() { klog.InfoS("Listing pods at each request, because watching them is forbidden", "reason", err) })
			return
		}
		cache.DefaultWatchErrorHandler(ctx, r, err)
	})
	return p
}

// listAndWatch makes the informer list pods before it watches them. A list streamed
// through the watch would be passed on before it is complete.
type listAndWatch struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported is checked by the informer.
func (listAndWatch) IsWatchListSemanticsUnSupported() bool { return true }

// Run watches until the context ends.
func (p *Pods) Run(ctx context.Context) { p.informer.RunWithContext(ctx) }

// Ready returns an error until the cache has synced, or watching has turned out to be
// forbidden.
func (p *Pods) Ready() error {
	if p.informer.HasSynced() || p.refused.Load() {
		return nil
	}
	return errors.New("pods have not been listed yet")
}

// Current reports whether a watch is open, so that the cache is at most some
// milliseconds behind.
func (p *Pods) Current() bool { return p.informer.HasSynced() && p.open.Load() != nil }

// Names returns the sorted names of the pods of a namespace that a selector matches.
// It returns false while the cache is not current.
func (p *Pods) Names(namespace string, selector labels.Selector) ([]string, bool) {
	if !p.Current() {
		return nil, false
	}
	var names []string
	err := cache.ListAllByNamespace(p.informer.GetIndexer(), namespace, selector, func(object any) {
		names = append(names, object.(*metav1.PartialObjectMetadata).Name)
	})
	slices.Sort(names)
	return names, err == nil
}

// watched wraps a watch to detect its end.
type watched struct {
	watch.Interface
	events  chan watch.Event
	stopped chan struct{}
	once    sync.Once
}

// follow makes w the open watch until it ends. The previous watch may end after w has
// begun.
func (p *Pods) follow(w watch.Interface) watch.Interface {
	one := &watched{Interface: w, events: make(chan watch.Event), stopped: make(chan struct{})}
	p.open.Store(one)
	go func() {
		defer close(one.events)
		defer p.open.CompareAndSwap(one, nil)
		for event := range w.ResultChan() {
			select {
			case one.events <- event:
			case <-one.stopped:
				return
			}
		}
	}()
	return one
}

func (w *watched) ResultChan() <-chan watch.Event { return w.events }

func (w *watched) Stop() {
	w.once.Do(func() { close(w.stopped) })
	w.Interface.Stop()
}
