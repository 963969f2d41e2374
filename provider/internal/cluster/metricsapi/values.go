// SPDX-License-Identifier: Apache-2.0

package metricsapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	custom "k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"
	external "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// ErrNotServed is returned when the metrics API does not have what was asked for; its text says what it has.
var ErrNotServed = errors.New("metric not served")

// Query asks for the values of a metric. All parts that are set must be valid as parts of a URL.
type Query struct {
	API            API
	Metric         string
	Namespace      string // of the objects, or of the request for an external metric; empty for cluster-scoped objects
	Resource       string // of the objects, plural and with its group, as in deployments.apps; not for external metrics
	Name           string // of the only object; empty for all; not for external metrics
	Selector       string // of the objects, by their labels; not for external metrics
	MetricSelector string // of the values, by their labels
}

// Value is one value of a metric.
type Value struct {
	Object        *corev1.ObjectReference // nil for external metrics
	Labels        map[string]string       // of an external metric
	Value         resource.Quantity
	Timestamp     time.Time
	WindowSeconds *int64 // nil if the API does not say
}

// Path returns the URL's path. The metrics of a namespace itself have a path of their own.
func (q Query) Path() string {
	if q.API == ExternalMetrics {
		return q.API.path() + "/namespaces/" + q.Namespace + "/" + q.Metric
	}
	if q.Resource == "namespaces" {
		return q.API.path() + "/namespaces/" + q.Name + "/metrics/" + q.Metric
	}
	parts := []string{q.API.path()}
	if q.Namespace != "" {
		parts = append(parts, "namespaces", q.Namespace)
	}
	name := q.Name
	if name == "" {
		name = custom.AllObjects
	}
	return strings.Join(append(parts, q.Resource, name, q.Metric), "/")
}

// Values returns the current values of a metric, none if nothing matches. It fails with ErrNotServed if the metric, the resource or
// the API does not exist. If a permission is missing, the error names it.
func (c *Client) Values(ctx context.Context, q Query) ([]Value, error) {
	values, err := c.getValues(ctx, q)
	switch {
	case err == nil:
		return values, nil
	case apierrors.IsForbidden(err):
		return nil, q.denied(err)
	case apierrors.IsUnauthorized(err):
		return nil, fmt.Errorf("the API server does not know these credentials; check the provider's token or kubeconfig: %w", err)
	case apierrors.IsNotFound(err), apierrors.IsServiceUnavailable(err):
		return nil, c.explainMissing(ctx, q, err)
	case apierrors.IsInternalError(err):
		return nil, fmt.Errorf("the adapter could not answer; its log says why, most often that Prometheus is unreachable or refused the rule's metrics_query (see it with provider::promadapter::render_query): %w", err)
	default:
		return nil, err
	}
}

func (q Query) verb() string {
	if q.API == ExternalMetrics {
		return "list"
	}
	return "get"
}

// permission is the resource that the API server asks the authorizer about.
func (q Query) permission() string {
	switch {
	case q.API == ExternalMetrics:
		return q.Metric
	case q.Resource == "namespaces":
		return "metrics/" + q.Metric
	default:
		return q.Resource + "/" + q.Metric
	}
}

// denied says which permission is missing.
func (q Query) denied(err error) error {
	return fmt.Errorf("the credentials lack a permission; grant the verb %q on the resource %q in the API group %q%s: %w", q.verb(), q.permission(), q.API, connection.InNamespace(q.Namespace), err)
}

func (c *Client) getValues(ctx context.Context, q Query) (values []Value, err error) {
	if q.API == ExternalMetrics {
		var list external.ExternalMetricValueList
		if err := c.getJSON(ctx, q.Path(), &list, "labelSelector", q.MetricSelector); err != nil {
			return nil, err
		}
		for _, v := range list.Items {
			values = append(values, Value{Labels: v.MetricLabels, Value: v.Value, Timestamp: v.Timestamp.Time, WindowSeconds: v.WindowSeconds})
		}
		slices.SortStableFunc(values, func(a, b Value) int { return strings.Compare(fmt.Sprint(a.Labels), fmt.Sprint(b.Labels)) })
		return values, nil
	}
	var list custom.MetricValueList
	if err := c.getJSON(ctx, q.Path(), &list, "labelSelector", q.Selector, "metricLabelSelector", q.MetricSelector); err != nil {
		return nil, err
	}
	for _, v := range list.Items {
		values = append(values, Value{Object: &v.DescribedObject, Value: v.Value, Timestamp: v.Timestamp.Time, WindowSeconds: v.WindowSeconds})
	}
	slices.SortStableFunc(values, func(a, b Value) int {
		return strings.Compare(a.Object.Namespace+"/"+a.Object.Name, b.Object.Namespace+"/"+b.Object.Name)
	})
	return values, nil
}

// explainMissing finds out which part of a query does not exist. It returns nil if all of them exist and there just is no value.
func (c *Client) explainMissing(ctx context.Context, q Query, cause error) error {
	names, err := c.listResources(ctx, q.API)
	if err != nil {
		return fmt.Errorf("%w: %s", ErrNotServed, strings.TrimSuffix(c.describeAPI(ctx, q.API, err), "."))
	}
	wanted := q.Metric
	if q.API == CustomMetrics {
		wanted = q.Resource + "/" + q.Metric
	}
	if slices.Contains(names, wanted) {
		if q.Name == "" {
			return nil
		}
		return fmt.Errorf("%w: the metric %q is listed for %s, but there is no value for %q%s: it does not exist, or Prometheus has no sample for it: %w",
			ErrNotServed, q.Metric, q.Resource, q.Name, connection.InNamespace(q.Namespace), cause)
	}
	var others, metrics []string
	for _, name := range names {
		metric := name
		if q.API == CustomMetrics {
			var res string
			res, metric, _ = strings.Cut(name, "/")
			if metric == q.Metric {
				others = append(others, res)
			}
		}
		metrics = append(metrics, metric)
	}
	if len(others) > 0 {
		return fmt.Errorf("%w: the metric %q is not listed for %s, but for %s; set resource to one of them, or map a label to the resource in the rule", ErrNotServed, q.Metric, q.Resource, quoteAll(others))
	}
	slices.Sort(metrics)
	metrics = slices.Compact(metrics)
	if near := Nearest(q.Metric, metrics); len(near) > 0 {
		return fmt.Errorf("%w: %s does not list the metric %q; did you mean %s?", ErrNotServed, q.API, q.Metric, quoteAll(near))
	}
	return fmt.Errorf("%w: %s does not list the metric %q, nor one of a similar name (it lists %d). The adapter lists a metric only while Prometheus has a series for a rule",
		ErrNotServed, q.API, q.Metric, len(metrics))
}
