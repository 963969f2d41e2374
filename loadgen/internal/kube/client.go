// SPDX-License-Identifier: Apache-2.0

// Package kube reads and watches the five kinds of objects that loadgen uses,
// with the transport, the decoding and the errors of client-go.
//
// client-go's clientset does that for all kinds. Linking it takes 20 MiB of
// memory from the start, a third of what loadgen may use (docs/adr/0022).
package kube

import (
	"context"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Kind is one kind of objects.
type Kind string

// The kinds that can be read: the path of their group and version.
const (
	Autoscalers Kind = "/apis/autoscaling/v2 horizontalpodautoscalers"
	Deployments Kind = "/apis/apps/v1 deployments"
	Events      Kind = "/api/v1 events"
	Jobs        Kind = "/apis/batch/v1 jobs"
	Pods        Kind = "/api/v1 pods"
)

// Reader reads and watches objects. An empty namespace means all of them.
// Errors are those of the API server, for package apierrors.
type Reader interface {
	Get(ctx context.Context, kind Kind, namespace, name string, into runtime.Object) error
	List(ctx context.Context, kind Kind, namespace string, o metav1.ListOptions, into runtime.Object) error
	Watch(ctx context.Context, kind Kind, namespace string, o metav1.ListOptions) (watch.Interface, error)
}

// Client is a Reader of a cluster that also reads logs and metrics. It is safe
// for concurrent use.
type Client struct {
	rest    rest.Interface
	options runtime.ParameterCodec
}

// New returns a client of the API server that the configuration names. It sends
// nothing yet.
func New(config *rest.Config) (*Client, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.ContentType = runtime.ContentTypeJSON
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the cluster: %w", err)
	}
	return &Client{rest: client, options: runtime.NewParameterCodec(scheme)}, nil
}

// version1 is that of options, errors and events of watches, which have no
// group. Package corev1 registers them.
func version1() schema.GroupVersion { return schema.GroupVersion{Version: "v1"} }

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("registering kinds of objects: %w", err)
		}
	}
	return scheme, nil
}

// Get reads one object.
func (c *Client) Get(ctx context.Context, kind Kind, namespace, name string, into runtime.Object) error {
	return c.request(kind, namespace).Name(name).Do(ctx).Into(into)
}

// List reads all objects that the options select.
func (c *Client) List(ctx context.Context, kind Kind, namespace string, o metav1.ListOptions, into runtime.Object) error {
	return c.request(kind, namespace).SpecificallyVersionedParams(&o, c.options, version1()).Do(ctx).Into(into)
}

// Watch reports changes of the objects that the options select.
func (c *Client) Watch(ctx context.Context, kind Kind, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	return c.request(kind, namespace).SpecificallyVersionedParams(&o, c.options, version1()).Watch(ctx)
}

// Log reads what a container of a pod has written.
func (c *Client) Log(ctx context.Context, namespace, pod, container string) (io.ReadCloser, error) {
	return c.request(Pods, namespace).Name(pod).SubResource("log").Param("container", container).Stream(ctx)
}

// Raw gets a path of the API server, with a label selector as its query.
func (c *Client) Raw(ctx context.Context, path, labelSelector string) ([]byte, error) {
	return c.rest.Get().AbsPath(path).Param("labelSelector", labelSelector).DoRaw(ctx)
}

func (c *Client) request(kind Kind, namespace string) *rest.Request {
	var group, resource string
	_, _ = fmt.Sscan(string(kind), &group, &resource) // one of the constants
	request := c.rest.Get().AbsPath(group).Resource(resource)
	if namespace != "" {
		request = request.Namespace(namespace)
	}
	return request
}

// ErrNoCluster is the error of Connect when no cluster is configured: there is
// no kubeconfig, and the process does not run in a cluster.
var ErrNoCluster = errors.New("no cluster is configured")

// Connect returns a client of the cluster that kubectl would use with this
// kubeconfig and context, and the context's namespace. Empty arguments mean
// KUBECONFIG, ~/.kube/config or the cluster this process runs in, and the
// current context. It sends nothing yet.
func Connect(kubeconfig, context string) (*Client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	rules.WarnIfAllMissing = false
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, "", ErrNoCluster
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	// Warnings about old API versions would be printed into a live view.
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "loadgen"
	client, err := New(config)
	if err != nil {
		return nil, "", err
	}
	return client, namespace, nil
}
