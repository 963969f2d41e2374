// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata/fake"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
	ours "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

const fuzzed = `rules:
- seriesQuery: 'up{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
externalRules:
- seriesQuery: up
  resources: {namespaced: false}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>})
`

// canned answers each request with the same status and text.
type canned struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	text   []byte
	short  bool // the text is shorter than its Content-Length
}

func newCanned(t testing.TB) *canned {
	c := &canned{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		length := len(c.text)
		if c.short {
			length++
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(length))
		w.WriteHeader(c.status)
		_, _ = w.Write(c.text)
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *canned) answer(status int, text []byte, short bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status, c.text, c.short = status, text, short
}

// sent is the content of an answer from Prometheus, by an independent parser: no samples
// if the answer is incomplete.
type sent struct {
	whole   bool
	scalar  bool
	samples []sample
}

type sample struct {
	of    map[string]string
	value float64
}

func readSent(status int, text []byte, short bool) sent {
	var answer struct {
		Status string
		Data   json.RawMessage
	}
	var data struct {
		ResultType string
		Result     json.RawMessage
	}
	if short || status/100 != 2 || json.Unmarshal(text, &answer) != nil || answer.Status != "success" || json.Unmarshal(answer.Data, &data) != nil {
		return sent{}
	}
	number := func(raw json.RawMessage) (float64, bool) {
		var pair []any
		if json.Unmarshal(raw, &pair) != nil || len(pair) < 2 {
			return 0, false
		}
		_, timed := pair[0].(float64)
		value, quoted := pair[1].(string)
		v, err := strconv.ParseFloat(value, 64)
		return v, timed && quoted && err == nil
	}
	switch data.ResultType {
	case "scalar":
		v, ok := number(data.Result)
		return sent{whole: ok, scalar: true, samples: []sample{{nil, v}}}
	case "vector":
		var list []*struct {
			Metric           map[string]string
			Value, Histogram json.RawMessage
		}
		if json.Unmarshal(data.Result, &list) != nil || list == nil {
			return sent{}
		}
		s := sent{whole: true}
		for _, one := range list {
			if one == nil {
				return sent{}
			}
			v, ok := number(one.Value)
			if !ok || len(one.Histogram) > 0 && string(one.Histogram) != "null" {
				return sent{}
			}
			s.samples = append(s.samples, sample{one.Metric, v})
		}
		return s
	}
	return sent{}
}

// FuzzAnswer requests metrics with arbitrary answers from Prometheus. Every served value
// must be in the answer, for the same object.
func FuzzAnswer(f *testing.F) {
	vector := func(samples string) []byte {
		return []byte(`{"status":"success","data":{"resultType":"vector","result":[` + samples + `]}}`)
	}
	for _, text := range [][]byte{
		vector(``),
		vector(`{"metric":{"pod":"a"},"value":[1700000000.123,"12.5"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,"1"]},{"metric":{"pod":"b"},"value":[1700000000,"2"]}`),
		vector(`{"metric":{"pod":"a","code":"200"},"value":[1700000000,"1"]},{"metric":{"pod":"a","code":"500"},"value":[1700000000,"2"]}`), // one object twice
		vector(`{"metric":{},"value":[1700000000,"1"]}`),
		vector(`{"value":[1700000000,"1"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,"NaN"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,"+Inf"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,"-1e300"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,"x"]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,1]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000]}`),
		vector(`{"metric":{"pod":"a"},"value":[1700000000,null]}`),
		vector(`{"metric":{"pod":"a"},"value":[null,"1"]}`),
		vector(`{"metric":{"pod":"a"},"value":null}`),
		vector(`{"metric":{"pod":"a"}}`),
		vector(`{"metric":{"pod":"a"},"histogram":[1700000000,{"count":"1","sum":"2","buckets":[[0,"0.5","1","1"]]}]}`),
		vector(`null`),
		vector(`{"metric":{"pod":"a"},"value":[1e999,"1"]}`),
		[]byte(`{"status":"success","data":{"resultType":"scalar","result":[1700000000,"3"]}}`),
		[]byte(`{"status":"success","data":{"resultType":"scalar","result":null}}`),
		[]byte(`{"status":"success","data":{"resultType":"string","result":[1700000000,"3"]}}`),
		[]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"pod":"a"},"values":[[1700000000,"3"]]}]}}`),
		[]byte(`{"status":"success","data":{"resultType":"vector","result":null}}`),
		[]byte(`{"status":"success","data":{"resultType":"vector"}}`),
		[]byte(`{"status":"success","data":{}}`),
		[]byte(`{"status":"success","data":null}`),
		[]byte(`{"status":"success"}`),
		[]byte(`{"data":{"resultType":"vector","result":[{"metric":{"pod":"a"},"value":[1700000000,"1"]}]}}`),
		[]byte(`{"status":"error","errorType":"execution","error":"it is late","data":{"resultType":"vector","result":[{"metric":{"pod":"a"},"value":[1700000000,"1"]}]}}`),
		[]byte(`{}`), []byte(`null`), []byte(`[]`), []byte(`1`), []byte(``), []byte(`{"status":"success","da`), []byte("<html>log in</html>"), []byte("\x1f\x8b\x08"),
	} {
		f.Add(200, text, false)
	}
	whole := vector(`{"metric":{"pod":"a"},"value":[1700000000,"1"]}`)
	for _, status := range []int{202, 204, 301, 400, 401, 403, 404, 405, 422, 500, 503} {
		f.Add(status, whole, false)
		f.Add(status, []byte(`{"status":"error","errorType":"bad_data","error":"no"}`), false)
	}
	f.Add(200, whole, true)

	server := newCanned(f)
	source, err := ours.NewServers([]string{server.URL}, ours.Access{}, time.Minute, nil)
	if err != nil {
		f.Fatal(err)
	}
	mapper := testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)
	set, err := rules.Load([]byte(fuzzed), mapper)
	if err != nil {
		f.Fatal(err)
	}
	server.answer(200, vector(`{"metric":{"__name__":"up"},"value":[1700000000,"1"]}`), false)
	registry, err := (&discovery.Discoverer{Client: source, MaxAge: time.Minute}).Registry(f.Context(), set)
	if err != nil {
		f.Fatal(err)
	}
	known := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(known); err != nil {
		f.Fatal(err)
	}
	pod := func(name string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
	}
	s := &Server{
		Registry: func() *discovery.Registry { return registry }, Source: source, Mapper: mapper, Metrics: NewMetrics(prometheus.NewRegistry().MustRegister),
		Objects: &objects.Lister{Mapper: mapper, Client: fake.NewSimpleMetadataClient(known, pod("a"), pod("b"))},
	}
	info := provider.CustomMetricInfo{GroupResource: schema.GroupResource{Resource: "pods"}, Namespaced: true, Metric: "up"}

	f.Fuzz(func(t *testing.T, status int, text []byte, short bool) {
		if status < 200 || status > 599 { // not the status of a final answer
			t.Skip()
		}
		if status == http.StatusNoContent || status == http.StatusNotModified {
			text, short = nil, false
		}
		server.answer(status, text, short)
		want := readSent(status, text, short)
		// said reports whether the answer has this value for an object.
		said := func(name string, milli int64) bool {
			return slices.ContainsFunc(want.samples, func(one sample) bool {
				v := one.value
				if math.IsNaN(v) {
					v = 0
				}
				return one.of["pod"] == name && int64(v*1000) == milli
			})
		}

		one, err := s.GetMetricByName(t.Context(), types.NamespacedName{Namespace: "ns", Name: "a"}, info, labels.Everything())
		if err == nil && (!want.whole || want.scalar || !said("a", one.Value.MilliValue())) {
			t.Errorf("the value of a is %s", one.Value.String())
		}
		list, err := s.GetMetricBySelector(t.Context(), "ns", labels.Everything(), info, labels.Everything())
		if err == nil && (!want.whole || want.scalar) {
			t.Errorf("got %d values, want an error", len(list.Items))
		}
		if err == nil {
			for _, item := range list.Items {
				if !said(item.DescribedObject.Name, item.Value.MilliValue()) {
					t.Errorf("the value of %s is %s", item.DescribedObject.Name, item.Value.String())
				}
			}
		}
		external, err := s.GetExternalMetric(t.Context(), "ns", labels.Everything(), provider.ExternalMetricInfo{Metric: "up"})
		if err == nil && (!want.whole || len(external.Items) != len(want.samples)) {
			t.Fatalf("got %d external values, want as many as in the answer, or an error", len(external.Items))
		}
		if err == nil {
			for i, item := range external.Items {
				if v := want.samples[i].value; math.IsNaN(v) || math.IsInf(v, 0) || int64(v*1000) != item.Value.MilliValue() {
					t.Errorf("external value %d is %s, want %v", i, item.Value.String(), v)
				}
			}
		}
	})
}
