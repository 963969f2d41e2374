// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

// DefaultTimeout is the default timeout of [Options].
const DefaultTimeout = 3 * time.Second

// ErrNoCluster is the error of Open when no cluster is configured: there is no
// kubeconfig, and the process does not run in a cluster.
var ErrNoCluster = kube.ErrNoCluster

// Options say which autoscaler to look for. The zero value means the only one
// that scales on a metric of pods in the cluster that kubectl would use.
type Options struct {
	Kubeconfig string        // file; empty for KUBECONFIG, ~/.kube/config or the cluster this process runs in
	Context    string        // of the kubeconfig; empty for its current one
	Namespace  string        // of the autoscaler; empty for all, or the context's if HPA is given
	HPA        string        // its name; empty for the only one on Metric
	Metric     string        // what it scales on; empty for the first metric of pods that it has
	Timeout    time.Duration // for finding it, and for starting to record; default DefaultTimeout
	SyncPeriod time.Duration // of the autoscaler's controller; 0 to read it from the controller manager's pod
}

// Open finds the autoscaler. It takes no longer than the timeout.
func Open(ctx context.Context, o Options) (Config, error) {
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	client, namespace, err := Connect(o)
	if err != nil {
		return Config{}, err
	}
	config, err := find(ctx, client, namespace, o)
	if err != nil {
		return Config{}, err
	}
	config.Values = served(client)
	return config, nil
}

// Connect returns a client of the cluster that Kubeconfig and Context choose,
// and the context's namespace. It sends nothing yet.
func Connect(o Options) (*kube.Client, string, error) { return kube.Connect(o.Kubeconfig, o.Context) }

func find(ctx context.Context, client kube.Reader, contextNamespace string, o Options) (Config, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, fmt.Errorf("the cluster did not answer within %s", o.Timeout))
	defer cancel()
	config := Config{Client: client, Namespace: o.Namespace, HPA: o.HPA, Metric: o.Metric, Timeout: o.Timeout, SyncPeriod: o.SyncPeriod}
	if o.HPA != "" {
		config.Namespace = cmp.Or(o.Namespace, contextNamespace)
		return config, nil // Record reads it
	}
	metric := cmp.Or(o.Metric, "(any)")
	var list autoscalingv2.HorizontalPodAutoscalerList
	err := client.List(ctx, kube.Autoscalers, o.Namespace, metav1.ListOptions{}, &list)
	if apierrors.IsForbidden(err) && o.Namespace == "" {
		err = client.List(ctx, kube.Autoscalers, contextNamespace, metav1.ListOptions{}, &list)
	}
	if err != nil {
		return Config{}, fmt.Errorf("looking for an autoscaler on %s: %w", metric, because(ctx, err))
	}
	var names []string
	for _, h := range list.Items {
		if podsMetric(&h, config.Metric) != nil {
			config.Namespace, config.HPA = h.Namespace, h.Name
			names = append(names, h.Namespace+"/"+h.Name)
		}
	}
	switch len(names) {
	case 1:
		return config, nil
	case 0:
		return Config{}, fmt.Errorf("no autoscaler scales on the pods metric %s", metric)
	}
	return Config{}, fmt.Errorf("%d autoscalers scale on %s: name one of %s", len(names), metric, strings.Join(names, ", "))
}

// podsMetric returns the metric of that name, or the first one of the type Pods
// if the name is empty.
func podsMetric(h *autoscalingv2.HorizontalPodAutoscaler, name string) *autoscalingv2.PodsMetricSource {
	for _, m := range h.Spec.Metrics {
		if m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil && (name == "" || m.Pods.Metric.Name == name) {
			return m.Pods
		}
	}
	return nil
}

// because returns the cause of an ended context, or else err.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
