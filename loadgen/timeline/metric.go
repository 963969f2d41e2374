// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

const (
	pollEvery = time.Second
	// forgetAfter is how long a value counts without a newer one.
	forgetAfter = 5 * time.Second
)

// Query names a metric of pods.
type Query struct{ Namespace, Metric, Selector string }

// served asks the API server for the values that the autoscaler would get.
func served(client *kube.Client) func(context.Context, Query) ([]float64, error) {
	return func(ctx context.Context, q Query) ([]float64, error) {
		address := path.Join("/apis/custom.metrics.k8s.io/v1beta1/namespaces", q.Namespace, "pods/*", q.Metric)
		body, err := client.Raw(ctx, address, q.Selector)
		if err != nil {
			return nil, err
		}
		var list v1beta1.MetricValueList
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, fmt.Errorf("the answer of %s is not a list of values: %w", address, err)
		}
		var values []float64
		for _, item := range list.Items {
			values = append(values, item.Value.AsApproximateFloat64())
		}
		return values, nil
	}
}

// poll queries the metric until the context ends, or until access is denied.
func (r *Recorder) poll(ctx context.Context, q Query) {
	_ = wait.PollUntilContextCancel(ctx, r.pollEvery, true, func(ctx context.Context) (bool, error) {
		asking, cancel := context.WithTimeout(ctx, forgetAfter)
		defer cancel()
		values, err := r.values(asking, q)
		switch {
		case ctx.Err() != nil:
		case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
			return true, nil
		case err == nil, apierrors.IsNotFound(err):
			r.seeMetric(average(values))
		default:
			r.forgetMetric()
		}
		return false, nil
	}) // neither end is a failure
}

// average returns nil if there are no values.
func average(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	sum /= float64(len(values))
	return &sum
}
