// SPDX-License-Identifier: Apache-2.0

// Package cluster is the activator's access to the Kubernetes API for one Service.
// The activator writes three things: the endpoints of its slice, the replicas of the
// workload, and a Lease that records whether the activators scaled it to zero.
package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/dynamic"
	coordinationinformers "k8s.io/client-go/informers/coordination/v1"
	discoveryinformers "k8s.io/client-go/informers/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
)

// callTimeout limits each API call. The caller retries.
const callTimeout = 3 * time.Second

// Self is this activator.
type Self struct {
	Namespace string
	Service   string // its ready endpoints are the activators
	Pod       string
}

// Client is the API for one Service.
type Client struct {
	kube    kubernetes.Interface
	dynamic dynamic.Interface
	service config.Service
	self    Self

	slices, activators, lease cache.SharedIndexInformer
}

// New returns a client. Its caches are filled once Run is called.
func New(kube kubernetes.Interface, dyn dynamic.Interface, service config.Service, self Self) *Client {
	slicesOf := func(namespace, name string) cache.SharedIndexInformer {
		return discoveryinformers.NewFilteredEndpointSliceInformer(kube, namespace, 0, nil, func(o *metav1.ListOptions) { o.LabelSelector = ofService(name) })
	}
	return &Client{
		kube: kube, dynamic: dyn, service: service, self: self,
		slices: slicesOf(service.Namespace, service.Name), activators: slicesOf(self.Namespace, self.Service),
		lease: coordinationinformers.NewFilteredLeaseInformer(kube, service.Namespace, 0, nil, func(o *metav1.ListOptions) {
			o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, service.Object()).String()
		}),
	}
}

func ofService(name string) string {
	return labels.Set{discoveryv1.LabelServiceName: name}.String()
}

// Run watches until the context ends, and calls changed after each change.
func (c *Client) Run(ctx context.Context, changed func()) {
	handler := cache.ResourceEventHandlerFuncs{
		AddFunc: func(any) { changed() }, UpdateFunc: func(any, any) { changed() }, DeleteFunc: func(any) { changed() },
	}
	for _, informer := range []cache.SharedIndexInformer{c.slices, c.activators, c.lease} {
		_, _ = informer.AddEventHandler(handler) // fails only for an informer that has stopped
		go informer.RunWithContext(ctx)
	}
	<-ctx.Done()
}

// Synced reports whether all caches have synced.
func (c *Client) Synced() bool {
	return c.slices.HasSynced() && c.activators.HasSynced() && c.lease.HasSynced()
}

func list(informer cache.SharedIndexInformer) []*discoveryv1.EndpointSlice {
	var all []*discoveryv1.EndpointSlice
	for _, object := range informer.GetStore().List() {
		all = append(all, object.(*discoveryv1.EndpointSlice))
	}
	return all
}

// Ready returns host:port of the ready pods, from the cache.
func (c *Client) Ready() []string { return readyPods(list(c.slices), c.service.Port) }

// ReadyNow returns host:port of the ready pods, from the API server.
func (c *Client) ReadyNow(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := c.kube.DiscoveryV1().EndpointSlices(c.service.Namespace).List(ctx, metav1.ListOptions{LabelSelector: ofService(c.service.Name)})
	if err != nil {
		return nil, fmt.Errorf("listing the endpoints of Service %s: %w", c.service.Name, err)
	}
	var all []*discoveryv1.EndpointSlice
	for i := range found.Items {
		all = append(all, &found.Items[i])
	}
	return readyPods(all, c.service.Port), nil
}

// Slice returns the activator's slice from the cache, or nil.
func (c *Client) Slice() *discoveryv1.EndpointSlice {
	for _, slice := range list(c.slices) {
		if slice.Name == c.service.Object() {
			return slice
		}
	}
	return nil
}

// SliceNow reads the activator's slice from the API server.
func (c *Client) SliceNow(ctx context.Context) (*discoveryv1.EndpointSlice, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return c.kube.DiscoveryV1().EndpointSlices(c.service.Namespace).Get(ctx, c.service.Object(), metav1.GetOptions{})
}

// WriteSlice arms or disarms the slice. It changes nothing but endpoints; if the
// slice has changed since it was read, it returns a conflict. It never deletes the
// slice: NGINX's controllers ignore a deletion and keep the addresses.
func (c *Client) WriteSlice(ctx context.Context, slice *discoveryv1.EndpointSlice, armed bool) error {
	wanted := endpoints(slice, armed, list(c.activators))
	if armed && !slices.ContainsFunc(wanted, isReady) {
		return fmt.Errorf("EndpointSlice %s cannot be armed: no activator is ready as an endpoint of Service %s/%s", slice.Name, c.self.Namespace, c.self.Service)
	}
	if same(slice.Endpoints, wanted) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	slice = slice.DeepCopy()
	slice.Endpoints = wanted
	if _, err := c.kube.DiscoveryV1().EndpointSlices(slice.Namespace).Update(ctx, slice, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("writing EndpointSlice %s: %w", slice.Name, err)
	}
	return nil
}

// Lease returns the record from the cache.
func (c *Client) Lease() Record {
	for _, object := range c.lease.GetStore().List() {
		return Record{object.(*coordinationv1.Lease)}
	}
	return Record{}
}

// LeaseNow reads the record from the API server.
func (c *Client) LeaseNow(ctx context.Context) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lease, err := c.kube.CoordinationV1().Leases(c.service.Namespace).Get(ctx, c.service.Object(), metav1.GetOptions{})
	if err != nil {
		return Record{}, fmt.Errorf("reading Lease %s: %w", c.service.Object(), err)
	}
	return Record{lease}, nil
}

// WriteLease replaces the record. It returns a conflict if the Lease has changed since
// it was read.
func (c *Client) WriteLease(ctx context.Context, changed Record) (Record, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lease, err := c.kube.CoordinationV1().Leases(c.service.Namespace).Update(ctx, changed.lease, metav1.UpdateOptions{})
	if err != nil {
		return Record{}, fmt.Errorf("writing Lease %s: %w", c.service.Object(), err)
	}
	return Record{lease}, nil
}

// Scale is the scale subresource of the workload as it was read.
type Scale struct{ object *unstructured.Unstructured }

// Replicas is the number of replicas in the spec.
func (s Scale) Replicas() int64 {
	replicas, _, _ := unstructured.NestedInt64(s.object.Object, "spec", "replicas") // omitted if 0
	return replicas
}

// Scale reads the scale subresource from the API server.
func (c *Client) Scale(ctx context.Context) (Scale, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	w := c.service.Workload
	object, err := c.dynamic.Resource(w.GVR()).Namespace(c.service.Namespace).Get(ctx, w.Name, metav1.GetOptions{}, "scale")
	if err != nil {
		return Scale{}, fmt.Errorf("reading the scale of %s %s: %w", w.Resource, w.Name, err)
	}
	return Scale{object}, nil
}

// WriteScale sets the replicas. It returns a conflict if the workload has changed since
// from was read.
func (c *Client) WriteScale(ctx context.Context, from Scale, replicas int64) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	object := from.object.DeepCopy()
	if err := unstructured.SetNestedField(object.Object, replicas, "spec", "replicas"); err != nil {
		return err
	}
	w := c.service.Workload
	if _, err := c.dynamic.Resource(w.GVR()).Namespace(c.service.Namespace).Update(ctx, object, metav1.UpdateOptions{}, "scale"); err != nil {
		return fmt.Errorf("scaling %s %s to %d: %w", w.Resource, w.Name, replicas, err)
	}
	return nil
}

// Wanted returns how many replicas the workload's autoscaler wants, or 1 if it has none.
func (c *Client) Wanted(ctx context.Context) (int32, error) {
	if c.service.Autoscaler == "" {
		return 1, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	hpa, err := c.kube.AutoscalingV2().HorizontalPodAutoscalers(c.service.Namespace).Get(ctx, c.service.Autoscaler, metav1.GetOptions{})
	if err != nil {
		return 0, fmt.Errorf("reading HorizontalPodAutoscaler %s: %w", c.service.Autoscaler, err)
	}
	return hpa.Status.DesiredReplicas, nil
}

// Service reads the Service from the API server.
func (c *Client) Service(ctx context.Context) (*corev1.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	service, err := c.kube.CoreV1().Services(c.service.Namespace).Get(ctx, c.service.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading Service %s: %w", c.service.Name, err)
	}
	return service, nil
}
