// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
)

// Clients may request arbitrary names: those that are not served must not create series.
func TestClientsMakeNoSeries(t *testing.T) {
	registry := prometheus.NewRegistry()
	mapper := meta.NewDefaultRESTMapper(nil)
	s := &Server{
		Registry: func() *discovery.Registry { return &discovery.Registry{} }, Mapper: mapper,
		Metrics: NewMetrics(registry.MustRegister), Objects: &objects.Lister{Mapper: mapper},
	}
	for i := range 10 {
		info := provider.CustomMetricInfo{GroupResource: schema.GroupResource{Resource: "pods"}, Namespaced: true, Metric: fmt.Sprint("made-up-", i)}
		if _, err := s.GetMetricByName(t.Context(), types.NamespacedName{Namespace: "ns", Name: "a"}, info, labels.Everything()); err == nil {
			t.Error("no error for an unknown metric")
		}
		if _, err := s.GetMetricBySelector(t.Context(), "ns", labels.Everything(), info, labels.Everything()); err == nil {
			t.Error("no error for an unknown kind")
		}
		if _, err := s.GetExternalMetric(t.Context(), "ns", labels.Everything(), provider.ExternalMetricInfo{Metric: info.Metric}); err == nil {
			t.Error("no error for an unknown external metric")
		}
	}
	if n := testutil.CollectAndCount(s.Metrics.requests); n != 3 {
		t.Errorf("there are %d series, want one for each API and result", n)
	}
}
