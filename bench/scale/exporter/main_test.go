// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// Whatever the number of series, a pod's counters together rise by the same rate, and
// the format is one that Prometheus reads.
func TestPodsRiseByTheRate(t *testing.T) {
	for _, labels := range []string{"1", "4"} {
		now := time.Unix(1000, 0)
		handler := newExporter("demo", func() time.Time { return now })
		if code := post(handler, "/series?pods=3&labels="+labels); code != http.StatusOK {
			t.Fatalf("resizing: status %d", code)
		}
		now = now.Add(20 * time.Second)
		got := scrape(t, handler)
		if len(got) != 3 {
			t.Fatalf("with %s labels: %d pods, want 3: %v", labels, len(got), got)
		}
		for pod, sum := range got {
			if math.Abs(sum-20*fleet.Rate) > 0.01 {
				t.Errorf("with %s labels pod %s is at %v, want %v", labels, pod, sum, 20*fleet.Rate)
			}
		}
	}
}

func TestResizeRefusesNonsense(t *testing.T) {
	handler := newExporter("demo", time.Now)
	for _, query := range []string{"", "pods=1", "pods=x&labels=1", "pods=-1&labels=1", "pods=1&labels=0", "pods=20001&labels=1", "pods=1&labels=51"} {
		if code := post(handler, "/series?"+query); code != http.StatusBadRequest {
			t.Errorf("%q: status %d, want %d", query, code, http.StatusBadRequest)
		}
	}
}

func TestRunNeedsANamespace(t *testing.T) {
	if err := run(context.Background(), "", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "NAMESPACE") {
		t.Errorf("error %v, want one that names the variable", err)
	}
}

func post(handler http.Handler, target string) int {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, nil))
	return w.Code
}

func scrape(t *testing.T, handler http.Handler) map[string]float64 {
	t.Helper()
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	page, err := metrics.Parse(w.Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]float64{}
	for _, m := range page[fleet.Counter].GetMetric() {
		sums[metrics.Label(m, "pod")] += m.GetCounter().GetValue()
	}
	return sums
}
