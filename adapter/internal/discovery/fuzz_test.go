// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

// A rule for each kind of query: with labels that the selector requires, with labels that
// it does not, with labels that must be discovered, and by names only.
const ways = `rules:
- {seriesQuery: 'a{namespace!="",pod!=""}', resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}, metricsQuery: x}
- {seriesQuery: 'b', resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}, metricsQuery: x}
- {seriesQuery: 'c', resources: {template: <<.Resource>>}, metricsQuery: x}
externalRules:
- {seriesQuery: 'd', metricsQuery: x}
`

// FuzzList lists metrics with arbitrary answers from Prometheus. Every listed metric must
// be in the answer, and an invalid answer must not remove any.
func FuzzList(f *testing.F) {
	const found = `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up"},"value":[1700000000,"1"]}]}}`
	const labels = `{"status":"success","data":["__name__","namespace","pod"]}`
	const series = `{"status":"success","data":[{"__name__":"up","namespace":"ns","pod":"a"}]}`
	const refused = `{"status":"error","errorType":"bad_data","error":"no such function"}`
	for _, text := range []string{
		found, labels, series, refused, ``, `{}`, `null`, `[]`, `{"status":"success"}`, `{"status":"success","data":null}`, `{"status":"success","data":[]}`,
		`{"status":"success","data":[null]}`, `{"status":"success","data":[""]}`, `{"status":"success","data":[{}]}`, `{"status":"success","data":[{"pod":"a"}]}`,
		`{"status":"success","data":[{"__name__":"","pod":"a"}]}`, `{"status":"success","data":[{"__name__":"up","pod":""}]}`, `{"status":"success","data":{"resultType":"vector","result":[null]}}`,
		`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}`, `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`,
		`{"status":"success","data":{"resultType":"matrix","result":[]}}`, `{"status":"success","data":{}}`, `<html>`, `{"status":"success","data":[{"__name__":"up"`,
	} {
		f.Add(200, text, labels, series)
		f.Add(200, found, text, series)
		f.Add(400, refused, labels, text)
		f.Add(500, text, text, text)
	}

	var mu sync.Mutex
	answers := map[string]string{}
	status := http.StatusOK
	answer := func(code int, query, labels, series string) {
		mu.Lock()
		defer mu.Unlock()
		status, answers["/api/v1/query"], answers["/api/v1/labels"], answers["/api/v1/series"] = code, query, labels, series
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path == "/api/v1/query" {
			w.WriteHeader(status)
		}
		_, _ = w.Write([]byte(answers[r.URL.Path]))
	}))
	f.Cleanup(server.Close)
	source, err := prometheus.NewServers([]string{server.URL}, prometheus.Access{}, time.Minute, nil)
	if err != nil {
		f.Fatal(err)
	}
	set, err := rules.Load([]byte(ways), testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme))
	if err != nil {
		f.Fatal(err)
	}

	f.Fuzz(func(t *testing.T, code int, query, labels, series string) {
		if code < 200 || code > 599 || code == http.StatusNoContent || code == http.StatusNotModified {
			t.Skip()
		}
		d := &Discoverer{Client: source, MaxAge: time.Minute}
		answer(http.StatusOK, found, `{"status":"success","data":["__name__","namespace","pod"]}`, "")
		before, err := d.Registry(t.Context(), set)
		if err != nil || len(before.CustomMetrics()) != 2 || len(before.ExternalMetrics()) != 1 {
			t.Fatalf("a valid answer: %v, %v, %v", before.CustomMetrics(), before.ExternalMetrics(), err)
		}
		answer(code, query, labels, series)
		after, err := d.Registry(t.Context(), set)
		if err == nil && !strings.Contains(query+series, `"success"`) && !strings.Contains(query+series, `\u`) {
			t.Errorf("no error, and %d metrics", len(after.CustomMetrics()))
		}
		for _, info := range after.CustomMetrics() {
			if _, known := before.Custom(info); !known && (info.Metric == "" || !strings.Contains(query+series, info.Metric) && !strings.Contains(query+series, `\`) && !strings.Contains(info.Metric, "\ufffd")) {
				t.Errorf("%q is listed", info)
			}
		}
		for _, info := range after.ExternalMetrics() {
			if info.Metric == "" {
				t.Error("a metric without a name is listed")
			}
		}
	})
}
