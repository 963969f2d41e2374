// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// defaults are the outputs of an environment with default settings.
const defaults = `{"target_average_value":{"value":"10"},"min_replicas":{"value":1},"max_replicas":{"value":5},
"scrape_interval_seconds":{"value":1},"rate_window_seconds":{"value":5},"metrics_relist_interval_seconds":{"value":5},
"scale_up_stabilization_seconds":{"value":0},"scale_down_stabilization_seconds":{"value":30},"keepalive_min_timeout_seconds":{"value":5},
"alerts_scrape_interval_seconds":{"value":15},"alerts_pending_seconds":{"value":60},
"scale_up_policies":{"value":[{"type":"Pods","value":4,"period_seconds":15},{"type":"Percent","value":100,"period_seconds":15}]}}`

func TestBudgetFollowsOutputs(t *testing.T) {
	read := func(text string) (Budget, error) {
		outputs, err := environment.ParseOutputs([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return Of(outputs, time.Second, 25*time.Second, 35*time.Second)
	}
	with := func(name, value string) Budget {
		t.Helper()
		_, rest, found := strings.Cut(defaults, `"`+name+`":{"value":`)
		if !found {
			t.Fatalf("there is no output %s", name)
		}
		old, _, _ := strings.Cut(rest, "}")
		b, err := read(strings.Replace(defaults, `"`+name+`":{"value":`+old, `"`+name+`":{"value":`+value, 1))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	is := with("max_replicas", "5")
	const s = time.Second
	for _, c := range []struct {
		name, value string
		sum         func(Budget) time.Duration
		more        time.Duration // than with the defaults
	}{
		{"rate_window_seconds", "15", Budget.ScaleUpDecision, 10 * s},
		{"rate_window_seconds", "15", Budget.ScaleDownReaction, 10 * s},
		{"rate_window_seconds", "15", Budget.BackInRate, 10 * s},
		{"scrape_interval_seconds", "3", Budget.ScaleUpReaction, 2 * s},
		{"scrape_interval_seconds", "3", Budget.Quiet, 2 * s},
		{"metrics_relist_interval_seconds", "30", Budget.ScaleUpReaction, 25 * s},
		{"scale_up_stabilization_seconds", "20", Budget.ScaleUpDecision, 20 * s},
		{"scale_down_stabilization_seconds", "300", Budget.ScaleDownReaction, 270 * s},
		{"scale_down_stabilization_seconds", "300", Budget.EarliestScaleDown, 270 * s},
		{"scale_down_stabilization_seconds", "300", Budget.Forgetful, 270 * s},
		{"scale_down_stabilization_seconds", "300", Budget.FaultSteady, 270 * s},
		{"max_replicas", "6", Budget.ScaleUpReaction, 15 * s}, // 1, 5, 6: a second step, one period later
		{"max_replicas", "21", Budget.climb, 45 * s},          // 1, 5, 10, 20, 21
		{"max_replicas", "6", Budget.AppRollout, PodStart},
		{"min_replicas", "2", Budget.climb, 0},
		{"alerts_pending_seconds", "90", Budget.AlertFires, 30 * s},
		{"alerts_scrape_interval_seconds", "30", Budget.AlertFires, 45 * s},
	} {
		if got, want := c.sum(with(c.name, c.value)), c.sum(is)+c.more; got != want {
			t.Errorf("with %s = %s a sum is %s, want %s", c.name, c.value, got, want)
		}
	}
	for _, c := range []struct {
		name, value string
		load        func(Budget) float64
		was, want   float64 // requests per second
	}{
		{"target_average_value", `"500m"`, Budget.Flood, 80, 4},
		{"max_replicas", "10", Budget.Flood, 80, 160},
		{"max_replicas", "10", func(b Budget) float64 { return b.Alone(0.5) }, 5, 5},
		{"min_replicas", "3", func(b Budget) float64 { return b.Alone(0.5) }, 5, 15},
		{"target_average_value", `"20"`, func(b Budget) float64 { return b.Wants(3) }, 25, 50},
	} {
		if got := c.load(is); got != c.was {
			t.Errorf("by default a load is %g per second, want %g", got, c.was)
		}
		if got := c.load(with(c.name, c.value)); got != c.want {
			t.Errorf("with %s = %s a load is %g per second, want %g", c.name, c.value, got, c.want)
		}
	}
	var missing bytes.Buffer
	if _, err := read(`{}`); err != nil {
		missing.WriteString(err.Error())
	}
	for _, name := range []string{"target_average_value", "min_replicas", "max_replicas", "scrape_interval_seconds", "rate_window_seconds", "scale_up_policies"} {
		if !strings.Contains(missing.String(), name) {
			t.Errorf("without outputs the error is %q, want it to name %s", missing.String(), name)
		}
	}
}
