// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"fmt"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// metric is a metric that the autoscaler reads from an adapter, with what is known of its chain.
type metric struct {
	api      metricsapi.API
	kind     rule.Kind
	name     string
	resource rule.GroupResource // of the objects; pods, or that of the object
	object   string             // the only one; empty for pods
	selector labels.Selector    // of the metric's own labels
	aim      float64            // an average or a value

	rule    *rulefile.Listed // that makes it; nil if it is not known
	noRule  string           // why it is not known
	series  string
	port    int      // of the pods that expose it; 0 if it is not known
	targets []target // of Prometheus that are these pods
	whole   bool     // Prometheus has series of every ready pod
}

// ofPods reports whether each pod has a value of its own.
func (m *metric) ofPods() bool { return m.kind == rule.KindCustom && m.object == "" }

// metricsOf returns the metrics to follow, and a description of all metrics.
func metricsOf(hpa *autoscalingv2.HorizontalPodAutoscaler) (found []*metric, texts []string) {
	for _, spec := range hpa.Spec.Metrics {
		m := &metric{api: metricsapi.CustomMetrics, kind: rule.KindCustom, resource: rule.GroupResource{Resource: "pods"}, selector: labels.Everything()}
		var id autoscalingv2.MetricIdentifier
		var target autoscalingv2.MetricTarget
		var what string
		switch {
		case spec.Pods != nil:
			id, target, what = spec.Pods.Metric, spec.Pods.Target, "of pods"
		case spec.Object != nil:
			ref := spec.Object.DescribedObject
			version, _ := schema.ParseGroupVersion(ref.APIVersion)
			plural, _ := meta.UnsafeGuessKindToResource(version.WithKind(ref.Kind))
			m.resource, m.object = rule.GroupResource{Group: version.Group, Resource: plural.Resource}, ref.Name
			id, target, what = spec.Object.Metric, spec.Object.Target, "of "+ref.Kind+" "+ref.Name
		case spec.External != nil:
			m.api, m.kind = metricsapi.ExternalMetrics, rule.KindExternal
			id, target, what = spec.External.Metric, spec.External.Target, "external"
		default: // CPU and memory come from elsewhere
			texts = append(texts, strings.ToLower(string(spec.Type)))
			continue
		}
		if selector, err := metav1.LabelSelectorAsSelector(id.Selector); id.Selector != nil && err == nil {
			m.selector = selector
		}
		m.name = id.Name
		for _, quantity := range []*resource.Quantity{target.Value, target.AverageValue} {
			if quantity != nil {
				m.aim = quantity.AsApproximateFloat64()
			}
		}
		texts = append(texts, fmt.Sprintf("%s (%s, target %.4g)", m.name, what, m.aim))
		found = append(found, m)
	}
	return found, texts
}

// current returns the value that the autoscaler read last, if the status is the metric's.
func (m *metric) current(status autoscalingv2.MetricStatus) *resource.Quantity {
	var name string
	var value autoscalingv2.MetricValueStatus
	switch {
	case status.Pods != nil && m.ofPods():
		name, value = status.Pods.Metric.Name, status.Pods.Current
	case status.Object != nil && m.object == status.Object.DescribedObject.Name:
		name, value = status.Object.Metric.Name, status.Object.Current
	case status.External != nil && m.kind == rule.KindExternal:
		name, value = status.External.Metric.Name, status.External.Current
	}
	if name != m.name {
		return nil
	}
	return cmp.Or(value.AverageValue, value.Value)
}
