// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"net/http"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Adapter simulates prometheus-adapter: it loads its rules when its Deployment is rolled, and lists the metrics that they make of the
// existing series.
type Adapter struct {
	Namespace, Deployment, ConfigMap, Key string

	mu         sync.Mutex
	rules      *config.MetricsDiscoveryConfig
	loadErr    error
	series     []prom.Series
	values     map[string]int
	apiService func() (code int, condition metav1.Condition)
}

func newAdapter() *Adapter {
	return &Adapter{
		Namespace: "monitoring", Deployment: "prometheus-adapter", ConfigMap: "adapter-config", Key: "config.yaml",
		rules: &config.MetricsDiscoveryConfig{}, values: map[string]int{},
	}
}

// PutAdapter creates the adapter's Deployment, ready, and its config map with a text.
func (s *Server) PutAdapter(text string) {
	a := s.Adapter
	s.PutConfigMap(a.Namespace, a.ConfigMap, map[string]string{a.Key: text})
	labels := map[string]string{"app": a.Deployment}
	s.PutDeployment(&appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: a.Deployment, Generation: 1},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}},
		},
		Status: appsv1.DeploymentStatus{ObservedGeneration: 1, Replicas: 1, UpdatedReplicas: 1, AvailableReplicas: 1},
	})
	a.load(text)
}

// SetSeries sets what Prometheus has: names of series, all with the labels namespace and pod.
func (a *Adapter) SetSeries(names ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.series = nil
	for _, name := range names {
		a.series = append(a.series, prom.Series{Name: name, Labels: model.LabelSet{"namespace": "app", "pod": "x"}})
	}
}

// SetValues sets how many values any metric has in a namespace.
func (a *Adapter) SetValues(namespace string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.values[namespace] = n
}

// SetAPIService sets the APIServices: a code other than 200 is an error, otherwise they have this condition of type Available.
func (a *Adapter) SetAPIService(code int, condition metav1.Condition) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.apiService = func() (int, metav1.Condition) { return code, condition }
}

// LoadError returns why the adapter could not load its rules the last time, or nil if it could.
func (a *Adapter) LoadError() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.loadErr
}

func (a *Adapter) load(text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rules, err := config.FromYAML([]byte(text))
	a.loadErr = err
	if err == nil {
		a.rules = rules
	}
}

func (a *Adapter) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /apis/custom.metrics.k8s.io/v1beta1", func(w http.ResponseWriter, r *http.Request) {
		a.list(w, r, func(c *config.MetricsDiscoveryConfig) []config.DiscoveryRule { return c.Rules }, "pods/")
	})
	mux.HandleFunc("GET /apis/external.metrics.k8s.io/v1beta1", func(w http.ResponseWriter, r *http.Request) {
		a.list(w, r, func(c *config.MetricsDiscoveryConfig) []config.DiscoveryRule { return c.ExternalRules }, "")
	})
	mux.HandleFunc("GET /apis/custom.metrics.k8s.io/v1beta1/namespaces/{ns}/pods/{pod}/{metric}", a.get)
	mux.HandleFunc("GET /apis/external.metrics.k8s.io/v1beta1/namespaces/{ns}/{metric}", a.get)
	mux.HandleFunc("GET /apis/apiregistration.k8s.io/v1/apiservices/{name}", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		code, condition := http.StatusOK, metav1.Condition{Status: metav1.ConditionTrue}
		if a.apiService != nil {
			code, condition = a.apiService()
		}
		if code != http.StatusOK {
			notFound(w, r.URL.Path)
			return
		}
		condition.Type = "Available"
		reply(w, code, object{
			"spec":   object{"service": object{"namespace": a.Namespace, "name": a.Deployment}},
			"status": object{"conditions": []metav1.Condition{condition}},
		})
	})
}

// list answers like the adapter, which does not serve an API that it has no rules for.
func (a *Adapter) list(w http.ResponseWriter, r *http.Request, pick func(*config.MetricsDiscoveryConfig) []config.DiscoveryRule, prefix string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rules := pick(a.rules)
	if len(rules) == 0 {
		notFound(w, r.URL.Path)
		return
	}
	namers, err := naming.NamersFromConfig(rules, testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme))
	if err != nil {
		fail(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable, err.Error())
		return
	}
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}}
	for i, namer := range namers {
		for _, s := range namer.FilterSeries(a.series) {
			if !selects(rules[i].SeriesQuery, s.Name) {
				continue
			}
			if name, err := namer.MetricNameForSeries(s); err == nil {
				list.APIResources = append(list.APIResources, metav1.APIResource{Name: prefix + name, Namespaced: true, Kind: "MetricValueList"})
			}
		}
	}
	reply(w, http.StatusOK, list)
}

func (a *Adapter) get(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	items := make([]object, a.values[r.PathValue("ns")])
	for i := range items {
		items[i] = object{"metricName": r.PathValue("metric")}
	}
	reply(w, http.StatusOK, object{"items": items})
}

// selects reports whether a series query selects a series by its name; the labels are assumed to match.
func selects(query, name string) bool {
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(query)
	if err != nil {
		return false
	}
	for _, m := range matchers {
		if m.Name == "__name__" && !m.Matches(name) {
			return false
		}
	}
	return true
}
