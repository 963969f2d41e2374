// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

func TestLossIsExplainedByWhatWasGone(t *testing.T) {
	at := func(second int) time.Time { return time.Date(2026, 1, 1, 12, 0, second, 0, time.UTC) }
	gone := []outage.Span{{From: at(10), To: at(20)}, {From: at(50), To: at(51)}}
	for second, want := range map[int]int64{
		8: 0, 9: 7, 15: 7, 20: 7, // all that end meanwhile, and a second before and after
		21: 3, 29: 3, // sent meanwhile, and timed out
		30: 0, 48: 0, 51: 7, 61: 0,
	} {
		if got := explained(gone, at(second), 7, 3); got != want {
			t.Errorf("in second %d: %d are explained, want %d", second, got, want)
		}
	}
}
