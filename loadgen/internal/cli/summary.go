// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// summary is what a person reads when a run is over: blocks of aligned columns,
// and lines that appear only when there is something to say.
func summary(opts options, r *engine.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s\n", r.Target)
	fmt.Fprintf(&b, "%s for %s, seed %d: %.1f requests expected\n",
		curve(opts.profile()), seconds(opts.plan.Duration()), opts.plan.Seed(), opts.plan.Expected())
	if r.Interrupted {
		fmt.Fprintf(&b, "INTERRUPTED after %s: the numbers cover what ran\n", seconds(r.Window))
	}

	fmt.Fprintf(&b, "\n%-20s%10s%12s\n", "requests", "count", "per second")
	rated := func(name string, count int64, rate float64) {
		fmt.Fprintf(&b, "  %-18s%10d%12.2f\n", name, count, rate)
	}
	counted := func(name string, count int64) { fmt.Fprintf(&b, "  %-18s%10d\n", name, count) }
	rated("offered", r.Offered, r.OfferedRate())
	rated("sent", r.Sent, r.SentRate())
	rated("answered", r.Completed, r.AchievedRate())
	counted("failed", r.Failed)
	counted("dropped", r.Dropped)
	if r.Late > 0 {
		counted("over "+engine.LateAfter.String()+" late", r.Late)
	}

	outcomes(&b, r)
	percentiles(&b, r)
	fmt.Fprintf(&b, "\nelapsed %s, received %s\n", seconds(r.Elapsed), size(r.BytesReceived))
	return b.String()
}

func outcomes(b *strings.Builder, r *engine.Result) {
	if r.Sent == 0 {
		return
	}
	share := func(count int64) float64 { return 100 * float64(count) / float64(r.Sent) }
	fmt.Fprintf(b, "\n%-20s%10s%12s\n", "outcomes", "count", "% of sent")
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		fmt.Fprintf(b, "  %-18d%10d%12.2f\n", status, r.Statuses[status], share(r.Statuses[status]))
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		e := r.Errors[kind]
		fmt.Fprintf(b, "  %-18s%10d%12.2f   %s\n", kind, e.Count, share(e.Count), e.Example)
	}
}

func percentiles(b *strings.Builder, r *engine.Result) {
	if r.Sent == 0 {
		return
	}
	fmt.Fprintf(b, "\n%-15s", "milliseconds")
	for _, name := range []string{"min", "p50", "p90", "p95", "p99", "p99.9", "max"} {
		fmt.Fprintf(b, "%11s", name)
	}
	b.WriteByte('\n')
	row := func(name string, d *engine.Distribution) {
		if d.Count() == 0 {
			return
		}
		fmt.Fprintf(b, "  %-13s", name)
		for _, v := range []time.Duration{d.Min(), d.Quantile(0.5), d.Quantile(0.9), d.Quantile(0.95), d.Quantile(0.99), d.Quantile(0.999), d.Max()} {
			fmt.Fprintf(b, "%11.2f", float64(v)/float64(time.Millisecond))
		}
		b.WriteByte('\n')
	}
	row("latency", r.Latency)
	if r.SuccessLatency.Count() != r.Latency.Count() {
		row("latency 2xx", r.SuccessLatency)
	}
	row("send delay", r.SendDelay)
}

func curve(d schedule.Decay) string {
	text := plain(d.ArrivalRate) + " requests/s"
	if d.DecayRate > 0 {
		text += " * exp(-" + plain(d.DecayRate) + " t)"
	}
	return text
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// seconds formats a duration the way the flags take it, to the millisecond.
func seconds(d time.Duration) string {
	return plain(d.Round(time.Millisecond).Seconds()) + " s"
}

func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
