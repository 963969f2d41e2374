// SPDX-License-Identifier: Apache-2.0

package why

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

const prometheusProxy = "/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy"

// world is an API server that knows objects by their path, with a Prometheus behind its proxy whose queries are real.
type world struct {
	objects map[string]any
	targets any
	series  []promlabels.Labels
	refuse  func(path string) int // a status; 0 answers
	because string                // of what is refused
	writes  []string              // requests that are not reads
}

// newWorld reads testdata/whole.yaml with texts replaced, by pairs of old and new. Each old one must be there.
func newWorld(t *testing.T, pairs ...string) *world {
	t.Helper()
	raw, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("testdata/whole.yaml does not have %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	w := &world{because: "refused by the test"}
	if err := yaml.Unmarshal([]byte(text), &w.objects); err != nil {
		t.Fatal(err)
	}
	w.targets = w.objects["targets"]
	for _, series := range w.objects["series"].([]any) {
		lset, err := parser.NewParser(parser.Options{}).ParseMetric(series.(string))
		if err != nil {
			t.Fatal(err)
		}
		w.series = append(w.series, lset)
	}
	return w
}

func (w *world) start(t *testing.T) *rest.Config {
	t.Helper()
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return &rest.Config{Host: server.URL}
}

func (w *world) client(t *testing.T) kubernetes.Interface {
	t.Helper()
	kube, err := connection.New(w.start(t))
	if err != nil {
		t.Fatal(err)
	}
	return kube
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.writes = append(w.writes, r.Method+" "+r.URL.Path)
	}
	if w.refuse != nil {
		if code := w.refuse(r.URL.Path); code != 0 {
			reply(rw, code, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: int32(code), Message: w.because,
				Reason: map[int]metav1.StatusReason{http.StatusForbidden: metav1.StatusReasonForbidden, http.StatusServiceUnavailable: metav1.StatusReasonServiceUnavailable, http.StatusNotFound: metav1.StatusReasonNotFound}[code]})
			return
		}
	}
	if ask, ok := strings.CutPrefix(r.URL.Path, prometheusProxy); ok {
		w.prometheus(rw, r, ask)
		return
	}
	if page, ok := w.objects[r.URL.Path].(string); ok {
		_, _ = rw.Write([]byte(page))
		return
	}
	if object, ok := w.objects[r.URL.Path]; ok {
		reply(rw, http.StatusOK, object)
		return
	}
	// A collection of a namespace, or of all of them.
	items := []any{}
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		reply(rw, http.StatusBadRequest, err.Error())
		return
	}
	for at, object := range w.objects {
		parent := path.Dir(at)
		everywhere := ""
		if head, tail, ok := strings.Cut(parent, "/namespaces/"); ok {
			everywhere = head + "/" + path.Base(tail)
		}
		if _, isObject := object.(map[string]any); isObject && (parent == r.URL.Path || everywhere == r.URL.Path) && selector.Matches(labelsOf(object)) {
			items = append(items, object)
		}
	}
	if last := path.Base(r.URL.Path); len(items) == 0 && !slices.Contains([]string{"events", "leases", "networkpolicies", "podmonitors", "ingresses", "servicemonitors", "endpointslices", "pods", "httproutes", "horizontalpodautoscalers"}, last) {
		reply(rw, http.StatusNotFound, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: 404, Reason: metav1.StatusReasonNotFound, Message: r.URL.Path + " not found"})
		return
	}
	reply(rw, http.StatusOK, map[string]any{"items": items})
}

func labelsOf(object any) labels.Set {
	var o struct{ Metadata metav1.ObjectMeta }
	raw, _ := json.Marshal(object)
	_ = json.Unmarshal(raw, &o)
	return o.Metadata.Labels
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func (w *world) prometheus(rw http.ResponseWriter, r *http.Request, ask string) {
	var data any
	switch ask {
	case "/api/v1/targets":
		data = map[string]any{"activeTargets": w.targets}
	case "/api/v1/label/__name__/values":
		matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(r.URL.Query().Get("match[]"))
		if err != nil {
			reply(rw, http.StatusBadRequest, err.Error())
			return
		}
		names := []string{}
		for _, lset := range w.series {
			if matches(lset, matchers) {
				names = append(names, lset.Get("__name__"))
			}
		}
		data = names
	case "/api/v1/query":
		engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, Parser: parser.NewParser(parser.Options{})})
		query, err := engine.NewInstantQuery(r.Context(), w, nil, r.URL.Query().Get("query"), time.Unix(1000, 0))
		if err != nil {
			reply(rw, http.StatusBadRequest, map[string]any{"error": err.Error()})
			return
		}
		result := query.Exec(r.Context())
		data = map[string]any{"result": result.Value}
	}
	reply(rw, http.StatusOK, map[string]any{"status": "success", "data": data})
}

func matches(lset promlabels.Labels, matchers []*promlabels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *promlabels.Matcher) bool { return !m.Matches(lset.Get(m.Name)) })
}

// Querier implements storage.Queryable: each series grows by one a second.
func (w *world) Querier(mint, maxt int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*promlabels.Matcher) storage.SeriesSet {
		set := &seriesSet{}
		for _, lset := range w.series {
			if matches(lset, matchers) {
				var samples []chunks.Sample
				for at := max(mint, 0) / 1000; at*1000 <= maxt; at++ {
					samples = append(samples, sample(at))
				}
				set.series = append(set.series, storage.NewListSeries(lset, samples))
			}
		}
		return set
	}}, nil
}

type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.next-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sample is a second and the value at that second.
type sample int64

func (s sample) ST() int64                     { return 0 }
func (s sample) T() int64                      { return int64(s) * 1000 }
func (s sample) F() float64                    { return float64(s) }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Copy() chunks.Sample           { return s }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
