// SPDX-License-Identifier: Apache-2.0

package metricsapi

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"", "cpu", "heavywork_requests", "heavywork_requests_total", "heavy_work_requests_rate", "lightwork_per_second"}
	for want, near := range map[string]string{
		"heavywork_requests_totals": "heavywork_requests heavywork_requests_total",
		"heavywork_requests_rate":   "heavywork_requests heavywork_requests_total heavy_work_requests_rate",
		"memory":                    "",
	} {
		if got := strings.Join(Nearest(want, names), " "); got != near {
			t.Errorf("Nearest(%q) = %q, want %q", want, got, near)
		}
	}
}
