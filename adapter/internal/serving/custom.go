// SPDX-License-Identifier: Apache-2.0

// Package serving answers requests to the metrics APIs.
package serving

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"k8s.io/metrics/pkg/apis/custom_metrics"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider/helpers"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
)

// errFetch and errList are all that a client sees of an internal failure; the log has
// the cause.
var (
	errFetch = errors.New("unable to fetch metrics")
	errList  = errors.New("unable to list matching resources")
)

// Querier evaluates a query at a point in time, and returns the server's warnings.
// About identifies a query whose text changes with the objects that exist; otherwise
// it is empty.
type Querier interface {
	Query(ctx context.Context, about, query string, at time.Time) (model.Value, []string, error)
}

// Server serves the metrics of a registry, which may be replaced at any time.
type Server struct {
	Registry func() *discovery.Registry
	Source   Querier
	Objects  *objects.Lister
	Mapper   meta.RESTMapper
	Metrics  *Metrics
}

// ListAllMetrics lists the metrics of objects.
func (s *Server) ListAllMetrics() []provider.CustomMetricInfo { return s.Registry().CustomMetrics() }

// GetMetricByName returns the value of a metric for one object. It does not check in
// the Kubernetes API whether the object exists.
func (s *Server) GetMetricByName(ctx context.Context, name types.NamespacedName, info provider.CustomMetricInfo, selector labels.Selector) (value *custom_metrics.MetricValue, err error) {
	defer s.Metrics.Answered(custom, s.known(info), time.Now(), &err)
	values, err := s.values(ctx, "", info, name.Namespace, selector, []string{name.Name})
	if err != nil {
		return nil, err
	}
	v, ok := values[name.Name]
	if !ok {
		return nil, provider.NewMetricNotFoundForError(info.GroupResource, info.Metric, name.Name)
	}
	return s.value(v, name, info, selector)
}

// GetMetricBySelector returns the values of a metric for the objects that a selector
// matches, sorted by name. Objects without a sample are left out.
func (s *Server) GetMetricBySelector(ctx context.Context, namespace string, of labels.Selector, info provider.CustomMetricInfo, selector labels.Selector) (list *custom_metrics.MetricValueList, err error) {
	defer s.Metrics.Answered(custom, s.known(info), time.Now(), &err)
	names, err := s.Objects.Names(ctx, info, namespace, of)
	if err != nil {
		klog.ErrorS(err, "Objects could not be listed", "metric", info.String())
		return nil, apierrors.NewInternalError(errList)
	}
	about := fmt.Sprintf("%s in %q of those with %q where %q", info, namespace, of, selector)
	values, err := s.values(ctx, about, info, namespace, selector, names)
	if err != nil {
		return nil, err
	}
	list = &custom_metrics.MetricValueList{Items: []custom_metrics.MetricValue{}}
	for _, name := range names {
		v, ok := values[name]
		if !ok {
			continue
		}
		value, err := s.value(v, types.NamespacedName{Namespace: namespace, Name: name}, info, selector)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, *value)
	}
	return list, nil
}

// known returns the metric label under which a request is counted: empty for an
// unknown metric, so that clients cannot create series.
func (s *Server) known(info provider.CustomMetricInfo) string {
	if s.Registry().Serves(info.Metric) {
		return info.Metric
	}
	return ""
}

// values returns the samples of named objects, by name.
func (s *Server) values(ctx context.Context, about string, info provider.CustomMetricInfo, namespace string, selector labels.Selector, names []string) (map[string]model.SampleValue, error) {
	notFound := provider.NewMetricNotFoundError(info.GroupResource, info.Metric)
	normal, _, err := info.Normalized(s.Mapper)
	if err != nil {
		klog.V(2).InfoS("Metric of an unknown kind requested", "metric", info.String(), "reason", err)
		return nil, notFound
	}
	entry, ok := s.Registry().Custom(normal)
	if !ok || len(names) == 0 {
		return nil, notFound
	}
	query, err := entry.Query(normal, namespace, selector, names)
	if err != nil {
		klog.ErrorS(err, "Query could not be made", "metric", info.String(), "line", entry.Rule.Line)
		return nil, notFound
	}
	label, err := entry.Rule.LabelForResource(normal.GroupResource)
	if err != nil {
		klog.ErrorS(err, "Kind has no label", "metric", info.String(), "line", entry.Rule.Line)
		return nil, notFound
	}
	result, err := s.ask(ctx, about, query)
	if err != nil {
		klog.ErrorS(err, "Query failed", "metric", info.String(), "line", entry.Rule.Line)
		return nil, apierrors.NewInternalError(errFetch)
	}
	vector, ok := result.(model.Vector)
	if !ok {
		klog.ErrorS(fmt.Errorf("the result is a %s, want a vector", result.Type()), "Query failed", "metric", info.String(), "line", entry.Rule.Line)
		return nil, apierrors.NewInternalError(errFetch)
	}
	values := make(map[string]model.SampleValue, len(vector))
	for _, sample := range vector {
		values[string(sample.Metric[label])] = sample.Value
	}
	return values, nil
}

func (s *Server) ask(ctx context.Context, about, query string) (model.Value, error) {
	result, warnings, err := s.Source.Query(ctx, about, query, time.Now())
	for _, warning := range warnings {
		klog.V(2).InfoS("Prometheus warns", "query", query, "warning", warning)
	}
	s.Metrics.Warned(len(warnings))
	return result, err
}

func (s *Server) value(v model.SampleValue, name types.NamespacedName, info provider.CustomMetricInfo, selector labels.Selector) (*custom_metrics.MetricValue, error) {
	reference, err := helpers.ReferenceFor(s.Mapper, name, info)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(float64(v)) {
		v = 0 // as in prometheus-adapter: a quotient of two counters that do not increase
	}
	quantity, err := milli(float64(v))
	if err != nil {
		klog.ErrorS(err, "Sample is not a valid value", "metric", info.String(), "object", name)
		return nil, apierrors.NewInternalError(errFetch)
	}
	value := &custom_metrics.MetricValue{
		DescribedObject: reference, Metric: custom_metrics.MetricIdentifier{Name: info.Metric},
		Timestamp: metav1.Now(), Value: quantity,
	}
	if !selector.Empty() {
		if value.Metric.Selector, err = metav1.ParseToLabelSelector(selector.String()); err != nil {
			return nil, err
		}
	}
	return value, nil
}

// milli returns a quantity in thousandths, rounded towards zero. A value that a
// quantity cannot hold is an error: a wrong number would scale a workload.
func milli(v float64) (resource.Quantity, error) {
	thousandths := v * 1000
	if math.IsNaN(v) || thousandths >= math.MaxInt64 || thousandths <= math.MinInt64 {
		return resource.Quantity{}, fmt.Errorf("%v is not a valid quantity", v)
	}
	return *resource.NewMilliQuantity(int64(thousandths), resource.DecimalSI), nil
}
