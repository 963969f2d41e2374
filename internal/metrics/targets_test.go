// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestTargets(t *testing.T) {
	answer := `{"status":"success","data":{"activeTargets":[
		{"labels":{"namespace":"app","pod":"a"},"scrapeInterval":"1m30s"},{"labels":{},"scrapeInterval":"500ms"}]}}`
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
	if len(targets) != 2 || targets[0].Labels["namespace"] != "app" || targets[0].Interval != 90*time.Second || targets[1].Interval != 500*time.Millisecond {
		t.Errorf("got %+v", targets)
	}
	answer = `{"data":{"activeTargets":[{"scrapeInterval":"soon"}]}}`
	if _, err := prometheus.Targets(t.Context()); err == nil {
		t.Error("an interval that is none was accepted")
	}
}
