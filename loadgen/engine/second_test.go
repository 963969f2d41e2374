// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

func TestSecondsTellDueFromEnded(t *testing.T) {
	start := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	rec := newRecorder(start, 3)
	for _, due := range []float64{-1, 0.5, 1.25, 1.5} { // one too many
		rec.admit(at(due))
	}
	rec.finish(outcome{due: at(-1), sent: at(0), done: at(0.25), status: 202, received: 7, written: 100})
	rec.finish(outcome{due: at(0.5), sent: at(0.5), done: at(2.5), status: 503, received: 9, written: 100})
	rec.finish(outcome{due: at(1.25), sent: at(1.25), done: at(3.25), written: 60, err: os.ErrDeadlineExceeded})
	rec.admit(at(3))
	rec.finish(outcome{due: at(3), sent: at(3), done: at(3.5), err: errors.New("strange")})
	result := rec.result(measure.Result{})
	checkSums(t, result)

	got := make([]measure.Second, len(result.Seconds))
	latencies := make([]int64, len(got))
	for i, s := range result.Seconds {
		latencies[i], s.Latency = s.Latency.Count(), nil
		got[i] = s
	}
	want := []measure.Second{
		{Offered: 2, Sent: 2, Completed: 1, Succeeded: 1, Classes: map[string]int64{"2xx": 1}, BytesReceived: 7},
		{Offered: 2, Sent: 1, Dropped: 1},
		{Completed: 1, Classes: map[string]int64{"5xx": 1}, BytesReceived: 9},
		{Offered: 1, Sent: 1, Failed: 2, Errors: map[measure.ErrorKind]int64{measure.Timeout: 1, measure.Other: 1}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("seconds are\n%+v\nwant\n%+v", got, want)
	}
	if want := []int64{2, 1, 0, 0}; !reflect.DeepEqual(latencies, want) {
		t.Errorf("latencies by second %v, want %v: by the time they were due, and none for other failures", latencies, want)
	}
	if result.BytesSent != 260 {
		t.Errorf("%d bytes sent, want 260", result.BytesSent)
	}
}

func TestASeedRepeatsARun(t *testing.T) {
	s := newServer(t, accept)
	offered := func(seed uint64) int64 {
		arrivals, err := schedule.NewPoisson(schedule.Decay{ArrivalRate: 3000, DecayRate: 0.5}, 100*time.Millisecond, seed)
		if err != nil {
			t.Fatal(err)
		}
		return mustRun(t, Config{Target: s.URL, Schedule: arrivals}).Offered
	}
	first, again, other := offered(7), offered(7), offered(8)
	if first != again || first == other {
		t.Errorf("offered %d, with the same seed %d, with another %d", first, again, other)
	}
}

func TestProgressTellsOfTheLastInterval(t *testing.T) {
	start := time.Now()
	rec := newRecorder(start, 10)
	end := func(latency time.Duration, status int, err error) {
		rec.admit(start)
		rec.finish(outcome{due: start, sent: start, done: start.Add(latency), status: status, err: err})
	}
	end(time.Second, 202, nil)
	end(time.Second, 404, nil)
	var p Progress
	rec.look(&p)
	if p.Recent != 2 || p.RecentP50 != time.Second || p.Classes["2xx"] != 1 || p.Classes["4xx"] != 1 || p.Errors != nil {
		t.Errorf("first snapshot %+v", p)
	}
	end(2*time.Millisecond, 202, nil)
	end(time.Minute, 0, errors.New("strange")) // no latency
	p = Progress{}
	rec.look(&p)
	if p.Recent != 1 || p.RecentP50 != 2*time.Millisecond || p.RecentP99 != 2*time.Millisecond || p.Classes["2xx"] != 2 || p.Errors[measure.Other] != 1 {
		t.Errorf("second snapshot %+v", p)
	}
	p = Progress{}
	rec.look(&p)
	if p.Recent != 0 || p.RecentP50 != 0 || p.Completed != 3 || p.Failed != 1 {
		t.Errorf("snapshot without anything new %+v", p)
	}
}
