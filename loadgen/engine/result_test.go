// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

func TestDistributionKeepsThreeDigits(t *testing.T) {
	d := newDistribution()
	for i := range 1000 {
		d.record(time.Duration(i+1) * time.Millisecond)
	}
	for _, tt := range []struct {
		name string
		got  time.Duration
		want time.Duration
	}{
		{"min", d.Min(), time.Millisecond},
		{"median", d.Quantile(0.5), 500 * time.Millisecond},
		{"p99", d.Quantile(0.99), 990 * time.Millisecond},
		{"max", d.Max(), time.Second},
		{"mean", d.Mean(), 500500 * time.Microsecond},
	} {
		if diff := (tt.got - tt.want).Abs(); diff > tt.want/1000+time.Microsecond {
			t.Errorf("%s = %s, want %s to 0.1 %%", tt.name, tt.got, tt.want)
		}
	}
}

func TestDistributionLosesNoValue(t *testing.T) {
	d := newDistribution()
	d.record(-time.Second)
	d.record(1000 * time.Hour)
	if d.Count() != 2 || d.Min() != 0 || d.Max() != longest {
		t.Errorf("count %d, min %s, max %s; want both values at the ends of the range", d.Count(), d.Min(), d.Max())
	}
}

// The README documents these names; scripts depend on them.
func TestResultJSON(t *testing.T) {
	rec := newRecorder(2)
	due := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	ms := func(n int) time.Time { return due.Add(time.Duration(n) * time.Millisecond) }
	rec.admit()
	rec.admit()
	rec.admit() // one too many
	rec.finish(outcome{due: due, sent: ms(1), done: ms(5), status: 202, received: 7})
	rec.finish(outcome{due: due, sent: ms(20), done: ms(40), err: errors.New("strange")})
	result := rec.result(Result{Target: "http://h/p", StartedAt: due, Window: 2 * time.Second, Elapsed: 4 * time.Second})

	got, err := json.MarshalIndent(result, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
 "target": "http://h/p",
 "started_at": "2030-01-02T03:04:05Z",
 "interrupted": false,
 "window_seconds": 2,
 "elapsed_seconds": 4,
 "requests": {
  "offered": 3,
  "sent": 2,
  "dropped": 1,
  "late": 1,
  "completed": 1,
  "succeeded": 1,
  "failed": 1
 },
 "rates_per_second": {
  "offered": 1.5,
  "sent": 1,
  "achieved": 0.25
 },
 "responses_by_status": {
  "202": 1
 },
 "errors_by_kind": {
  "other": {
   "count": 1,
   "example": "strange"
  }
 },
 "bytes_received": 7,
 "late_after_ms": 10,
 "latency_ms": {
  "count": 1,
  "min": 5,
  "mean": 5,
  "p50": 5,
  "p90": 5,
  "p95": 5,
  "p99": 5,
  "p99_9": 5,
  "max": 5
 },
 "latency_2xx_ms": {
  "count": 1,
  "min": 5,
  "mean": 5,
  "p50": 5,
  "p90": 5,
  "p95": 5,
  "p99": 5,
  "p99_9": 5,
  "max": 5
 },
 "send_delay_ms": {
  "count": 2,
  "min": 1,
  "mean": 10.5,
  "p50": 1,
  "p90": 20,
  "p95": 20,
  "p99": 20,
  "p99_9": 20,
  "max": 20
 }
}`
	if string(got) != want {
		t.Errorf("JSON is\n%s\nwant\n%s", got, want)
	}
}

func TestEmptyDistributionIsNullInJSON(t *testing.T) {
	got, err := json.Marshal(newDistribution())
	want := `{"count":0,"min":null,"mean":null,"p50":null,"p90":null,"p95":null,"p99":null,"p99_9":null,"max":null}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
}

func TestErrNamesEveryCause(t *testing.T) {
	r := &Result{
		Counts:   Counts{Offered: 10, Sent: 8, Dropped: 2, Completed: 5, Succeeded: 4, Failed: 3},
		Statuses: map[int]int64{202: 4, 503: 1},
		Errors:   map[ErrorKind]ErrorCount{Timeout: {Count: 1}, Refused: {Count: 2}},
	}
	err := r.Err()
	for _, cause := range []error{ErrDropped, ErrFailed, ErrNonSuccess} {
		if !errors.Is(err, cause) {
			t.Errorf("Err() = %v, is not %v", err, cause)
		}
	}
	want := "of 10 requests: 2 not sent because too many were in flight; 3 without a whole answer (connection_refused: 2, timeout: 1); " +
		"1 answered with another status than 2xx (503: 1)"
	if err.Error() != want {
		t.Errorf("Err() = %q, want %q", err, want)
	}
}
