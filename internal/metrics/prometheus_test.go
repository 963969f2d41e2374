// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestScalar(t *testing.T) {
	tests := map[string]struct {
		answer  string
		want    float64
		failure string
	}{
		"one series":  {`{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"12.5"]}]}}`, 12.5, ""},
		"no series":   {`{"status":"success","data":{"resultType":"vector","result":[]}}`, 0, "0 series, want one"},
		"bad query":   {`{"status":"error","errorType":"bad_data","error":"parse error"}`, 0, "parse error"},
		"not a value": {`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"many"]}]}}`, 0, `"many"`},
		"no vector":   {`{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}`, 0, "want a vector"},
		"no JSON":     {`<html>`, 0, "querying sum"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var asked string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.FormValue("query")
				if test.failure == "parse error" {
					w.WriteHeader(http.StatusBadRequest)
				}
				_, _ = w.Write([]byte(test.answer))
			}))
			defer server.Close()
			got, err := Prometheus{HTTP: server.Client(), URL: server.URL}.Scalar(t.Context(), `sum(a{b="c"})`)
			if asked != `sum(a{b="c"})` {
				t.Errorf("the query is %q", asked)
			}
			if test.failure == "" && (err != nil || got != test.want) {
				t.Errorf("got %g, %v; want %g", got, err, test.want)
			}
			if test.failure != "" && (err == nil || !strings.Contains(err.Error(), test.failure)) {
				t.Errorf("got %v, want %q", err, test.failure)
			}
		})
	}
}

func TestTargets(t *testing.T) {
	answer := `{"status":"success","data":{"activeTargets":[
		{"labels":{"namespace":"app","pod":"a"},"discoveredLabels":{"__scrape_interval__":"1m30s"}},
		{"labels":{},"discoveredLabels":{"__scrape_interval__":"500ms"}}]}}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/targets" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	prometheus := Prometheus{HTTP: server.Client(), URL: server.URL}
	targets, err := prometheus.Targets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(targets) != 2 || targets[0].Namespace != "app" || targets[0].Interval != 90*time.Second || targets[1].Interval != 500*time.Millisecond {
		t.Errorf("got %+v", targets)
	}
	answer = `{"status":"success","data":{"activeTargets":[{"discoveredLabels":{"__scrape_interval__":"soon"}}]}}`
	if _, err := prometheus.Targets(t.Context()); err == nil {
		t.Error("an invalid interval was accepted")
	}
}
