// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/common/model"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/klog/v2"
	"k8s.io/metrics/pkg/apis/external_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// ListAllExternalMetrics lists the external metrics.
func (s *Server) ListAllExternalMetrics() []provider.ExternalMetricInfo {
	return s.Registry().ExternalMetrics()
}

// GetExternalMetric returns every sample of the metric's query, or its value if that
// is a scalar.
func (s *Server) GetExternalMetric(ctx context.Context, namespace string, selector labels.Selector, info provider.ExternalMetricInfo) (list *external_metrics.ExternalMetricValueList, err error) {
	entry, ok := s.Registry().External(info.Metric)
	known := info.Metric
	if !ok {
		known = "" // as for custom metrics
	}
	defer s.Metrics.Answered(external, known, time.Now(), &err)
	if !ok {
		return nil, provider.NewMetricNotFoundError(namedFor(namespace), info.Metric)
	}
	query, err := entry.ExternalQuery(namespace, selector)
	if err != nil {
		klog.ErrorS(err, "Query could not be made", "metric", info.Metric, "line", entry.Rule.Line)
		return nil, apierrors.NewInternalError(errFetch)
	}
	result, err := s.ask(ctx, "", query)
	if err != nil {
		klog.ErrorS(err, "Query failed", "metric", info.Metric, "line", entry.Rule.Line)
		return nil, apierrors.NewInternalError(errFetch)
	}
	list = &external_metrics.ExternalMetricValueList{Items: []external_metrics.ExternalMetricValue{}}
	add := func(v model.SampleValue, at model.Time, of map[string]string) error {
		quantity, err := milli(float64(v))
		if err != nil {
			klog.ErrorS(err, "Sample is not a valid value", "metric", info.Metric, "labels", of)
			return apierrors.NewInternalError(errFetch)
		}
		list.Items = append(list.Items, external_metrics.ExternalMetricValue{
			MetricName: info.Metric, MetricLabels: of, Timestamp: metav1.NewTime(at.Time()), Value: quantity,
		})
		return nil
	}
	switch result := result.(type) {
	case *model.Scalar:
		return list, add(result.Value, result.Timestamp, nil)
	case model.Vector:
		for _, sample := range result {
			of := make(map[string]string, len(sample.Metric))
			for label, value := range sample.Metric {
				of[string(label)] = string(value)
			}
			if err := add(sample.Value, sample.Timestamp, of); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return nil, errors.New("encountered an unexpected query result type")
}

// namedFor returns the resource that a not-found error names. It copies an oddity of
// prometheus-adapter, because scripts may match these errors.
func namedFor(namespace string) schema.GroupResource {
	if namespace == metav1.NamespaceDefault {
		return naming.NsGroupResource
	}
	return schema.GroupResource{}
}
