// SPDX-License-Identifier: Apache-2.0

package configuration

import (
	"context"
	"math"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata/fake"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
	ours "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/serving"
)

// still is a mapper whose kinds do not change.
type still struct{ meta.RESTMapper }

func (still) Reset() {}

// FuzzRules loads arbitrary texts as rules in a running adapter, and requests all metrics
// that are served then. If a text is refused, the previous one must stay in effect.
func FuzzRules(f *testing.F) {
	text, err := os.ReadFile("../equality/testdata/rules.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	for _, text := range []string{
		first, "", "rules:", "rules: 5", "rules: [null]", "rules: [{}]", "externalRules: [{}]", "resourceRules: {}", "rules: &a [*a]", "- a", "\x00", "a: b: c", "rules: []\n---\nrules: 5",
		`rules: [{seriesQuery: "up{", resources: {template: <<.Resource>>}, metricsQuery: <<.Series>>}]`,
		`rules: [{seriesQuery: "up", resources: {template: <<.Nothing>>}}]`,
		`rules: [{seriesQuery: "up", resources: {template: "(<<.Resource>>)?<<.Group>>"}, metricsQuery: <<.Series>>}]`,
		`rules: [{seriesQuery: "up", resources: {template: <<.Resource>>}, metricsQuery: "<<index .GroupBySlice 9>>"}]`,
		`rules: [{seriesQuery: "up", resources: {overrides: {"": {resource: ""}}}}]`,
		`rules: [{seriesQuery: "up", resources: {overrides: {pod: {resource: pod}, namespace: {resource: namespace}}}, name: {matches: "(", as: "$9"}}]`,
		`rules: [{seriesQuery: "up", resources: {overrides: {pod: {resource: pod}, namespace: {resource: namespace}}}, name: {as: ""}, metricsQuery: "vector(1/0)"}]`,
		`rules: [{seriesQuery: "up", resources: {overrides: {pod: {resource: pod}, namespace: {resource: namespace}}}, seriesFilters: [{}]}]`,
		`externalRules: [{seriesQuery: "up", resources: {namespaced: false}, name: {as: "a/b"}, metricsQuery: "scalar(<<.Series>>)"}]`,
		`externalRules: [{seriesQuery: "up", resources: {namespaced: false}, metricsQuery: "<<.Series>>[1m]"}]`,
		`externalRules: [{seriesQuery: "up", metricsQuery: "<<.Series>> / 0"}]`,
	} {
		f.Add([]byte(text))
	}

	server := promtest.New(f)
	server.At = time.Now()
	server.Add(f, `up{namespace="ns",pod="a"}`, server.At.Add(-time.Minute), server.At, 1, 0)
	server.Add(f, `http_requests_total{namespace="ns",pod="a",service="web"}`, server.At.Add(-time.Minute), server.At, 1, 1)
	source, err := ours.NewServers([]string{server.URL}, ours.Access{}, time.Minute, nil)
	if err != nil {
		f.Fatal(err)
	}
	of := still{testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}
	c := NewController(prometheus.NewRegistry().MustRegister)
	c.Mapper, c.Relist, c.Discoverer = of, time.Hour, &discovery.Discoverer{Client: source, MaxAge: time.Minute}
	type verdict struct {
		digest string
		err    error
	}
	verdicts := make(chan verdict, 10)
	c.Loaded = func(digest string) { verdicts <- verdict{digest, nil} }
	c.Refused = func(digest string, err error) { verdicts <- verdict{digest, err} }
	texts := make(chan []byte)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Run(ctx, func(ctx context.Context, text func([]byte), _ func(error)) {
			for {
				select {
				case one := <-texts:
					text(one)
				case <-ctx.Done():
					return
				}
			}
		})
	}()
	f.Cleanup(func() { cancel(); <-ended })
	load := func(t *testing.T, text []byte) verdict {
		texts <- text
		select {
		case v := <-verdicts:
			return v
		case <-time.After(time.Minute):
			t.Fatal("the text is neither served nor refused")
			return verdict{}
		}
	}
	known := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(known); err != nil {
		f.Fatal(err)
	}
	pod := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "a"}}
	s := &serving.Server{
		Registry: c.Registry, Source: source, Mapper: of, Metrics: serving.NewMetrics(prometheus.NewRegistry().MustRegister),
		Objects: &objects.Lister{Mapper: of, Client: fake.NewSimpleMetadataClient(known, pod)},
	}

	f.Fuzz(func(t *testing.T, text []byte) {
		if v := load(t, []byte(first)); v.err != nil || names(c) != "namespaces/first pods/first" {
			t.Fatalf("a valid text: %v, and %s is served", v.err, names(c))
		}
		v := load(t, text)
		server.Requests() // drops the recorded requests
		if v.digest != rules.Digest(text) {
			t.Errorf("the result is for the text %s", v.digest)
		}
		if v.err != nil && names(c) != "namespaces/first pods/first" {
			t.Errorf("the text is refused with %v, and %s is served", v.err, names(c))
		}
		if err := c.Check(nil); err != nil {
			t.Errorf("not ready: %v", err)
		}
		sum := 0.0
		for i, info := range s.ListAllMetrics() {
			if i == 100 { // a text may have very many
				break
			}
			one, err := s.GetMetricByName(t.Context(), types.NamespacedName{Namespace: "ns", Name: "a"}, info, labels.Everything())
			if err == nil {
				sum += one.Value.AsApproximateFloat64()
			}
			list, err := s.GetMetricBySelector(t.Context(), "ns", labels.Everything(), info, labels.Everything())
			if err == nil {
				for _, one := range list.Items {
					sum += one.Value.AsApproximateFloat64()
				}
			}
		}
		for i, info := range s.ListAllExternalMetrics() {
			if i == 100 {
				break
			}
			list, err := s.GetExternalMetric(t.Context(), "ns", labels.Everything(), info)
			if err == nil {
				for _, one := range list.Items {
					sum += one.Value.AsApproximateFloat64()
				}
			}
		}
		// A value that is not a number would become the smallest or the largest quantity.
		if math.Abs(sum) > 9e15 {
			t.Errorf("the sum of the values is %g", sum)
		}
	})
}
