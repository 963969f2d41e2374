// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func none() int64 { return 0 }

const help = "# HELP heavywork_requests_total Served POST /heavywork requests. The autoscaler derives the number of replicas from its rate.\n" +
	"# TYPE heavywork_requests_total counter\n"

func TestHeavyWorkCounter(t *testing.T) {
	tests := []struct {
		name   string
		served int
		want   string
	}{
		{"exists before the first request", 0, "heavywork_requests_total 0\n"},
		{"counts each served request", 3, "heavywork_requests_total 3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(none)
			for range tt.served {
				m.HeavyWorkServed()
			}
			if err := testutil.GatherAndCompare(m.Gatherer(), strings.NewReader(help+tt.want), "heavywork_requests_total"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRuntimeMetricsAreThere(t *testing.T) {
	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		n, err := testutil.GatherAndCount(New(none).Gatherer(), name)
		if err != nil || n != 1 {
			t.Errorf("%s: got %d series, error %v; want 1 series", name, n, err)
		}
	}
}

func TestHelpAndTypeAreClean(t *testing.T) {
	problems, err := testutil.GatherAndLint(New(none).Gatherer(), "heavywork_requests_total", "heavywork_http_requests_total", "heavywork_http_requests_in_flight")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
