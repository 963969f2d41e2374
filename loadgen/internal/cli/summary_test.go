// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

func TestProgressLine(t *testing.T) {
	got := progressLine(engine.Progress{
		Elapsed:      65 * time.Second,
		Duration:     500 * time.Second,
		Counts:       measure.Counts{Offered: 1000, Sent: 990, Dropped: 10, Completed: 980, Succeeded: 977, Failed: 4},
		InFlight:     6,
		OfferedRate:  15.04,
		AchievedRate: 14.96,
	})
	want := "    65 of 500 s   offered    15.0/s   achieved    15.0/s   in flight    6   failed 4   not 2xx 3   dropped 10"
	if got != want {
		t.Errorf("line is\n%q, want\n%q", got, want)
	}
}

// The figures of a real run vary; blanked out, its layout does not.
func TestSummaryLayout(t *testing.T) {
	host, port, _ := server(t, http.StatusServiceUnavailable)
	var stdout buffer
	err := Run(t.Context(), append([]string{host, port, "heavywork", "--quiet"}, short...), &stdout, new(buffer))
	if ExitCode(err) != 1 {
		t.Fatal(err)
	}
	got := stdout.String()
	got = strings.ReplaceAll(got, host+":"+port, "ADDRESS")
	// Only a busy machine sends late.
	got = regexp.MustCompile(`(?m)^  over 10ms late .*\n`).ReplaceAllString(got, "")
	got = regexp.MustCompile(`elapsed [\d.]+ s`).ReplaceAllString(got, "elapsed N s")
	got = regexp.MustCompile(`sent [\d.]+ kB`).ReplaceAllString(got, "sent N kB") // the port is in it
	got = regexp.MustCompile(` +\d+\.\d\d`).ReplaceAllStringFunc(got, func(cell string) string {
		return fmt.Sprintf("%*s", len(cell), "N.NN") // as wide as it was
	})
	const want = `POST http://ADDRESS/heavywork
decay     200/s for 0.1 s
seed 5: 20.0 requests expected

requests                 count  per second
  offered                   24        N.NN
  sent                      24        N.NN
  answered                  24        N.NN
  failed                     0
  dropped                    0

outcomes                 count   % of sent
  503                       24        N.NN

milliseconds       min      p50      p90      p95      p99    p99.9      max
  latency         N.NN     N.NN     N.NN     N.NN     N.NN     N.NN     N.NN
  send delay      N.NN     N.NN     N.NN     N.NN     N.NN     N.NN     N.NN

elapsed N s, received 0 bytes, sent N kB
`
	if got != want {
		t.Errorf("summary is\n%s\nwant\n%s", got, want)
	}
}

func TestSizes(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1500: "1.5 kB", 2_000_000: "2.0 MB", 3_210_000_000: "3.2 GB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%d) = %q, want %q", bytes, got, want)
		}
	}
}
