// SPDX-License-Identifier: Apache-2.0

package result

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// request is a request that was due, and its outcome.
type request struct {
	due, delay, took time.Duration // took from due to done
	dropped          bool
	status           int // 0: failed
	kind             measure.ErrorKind
	bytes            int64
}

// recorded adds requests up as the engine does.
func recorded(requests []request, startedAt time.Time, window, elapsed time.Duration) *measure.Result {
	r := &measure.Result{
		Host: "shop.example.org", Target: "http://127.0.0.1:80/heavywork", StartedAt: startedAt, Window: window, Elapsed: elapsed,
		Statuses: make(map[int]int64), Errors: make(map[measure.ErrorKind]measure.ErrorCount),
		Latency: measure.NewDistribution(), SuccessLatency: measure.NewDistribution(), SendDelay: measure.NewDistribution(),
	}
	at := func(offset time.Duration) *measure.Second {
		index := int(offset / time.Second)
		for len(r.Seconds) <= index {
			r.Seconds = append(r.Seconds, measure.NewSecond())
		}
		return &r.Seconds[index]
	}
	for _, q := range requests {
		r.Offered++
		at(q.due).Offered++
		if q.dropped {
			r.Dropped++
			at(q.due).Dropped++
			continue
		}
		r.Sent++
		at(q.due).Sent++
		r.SendDelay.Record(q.delay)
		if q.delay > measure.LateAfter {
			r.Late++
		}
		r.BytesSent += 100
		r.BytesReceived += q.bytes
		at(q.due + q.took).BytesReceived += q.bytes
		if q.status == 0 {
			r.Failed++
			r.Errors[q.kind] = measure.ErrorCount{Count: r.Errors[q.kind].Count + 1, Example: "example of " + string(q.kind)}
			at(q.due+q.took).Failed++
			at(q.due + q.took).Errors[q.kind]++
			if q.kind != measure.Timeout {
				continue
			}
		} else {
			r.Completed++
			r.Statuses[q.status]++
			at(q.due+q.took).Completed++
			at(q.due + q.took).Classes[fmt.Sprintf("%dxx", q.status/100)]++
		}
		r.Latency.Record(q.took)
		at(q.due).Latency.Record(q.took)
		if q.status/100 == 2 {
			r.Succeeded++
			at(q.due+q.took).Succeeded++
			r.SuccessLatency.Record(q.took)
		}
	}
	return r
}

// traffic draws requests of all kinds, due in a run of the given length.
func traffic(random *rand.Rand, count int, length time.Duration) []request {
	requests := make([]request, count)
	for i := range requests {
		q := request{
			due:   time.Duration(random.Int64N(int64(length))),
			delay: time.Duration(random.ExpFloat64() * float64(3*time.Millisecond)),
			bytes: random.Int64N(300),
		}
		q.took = q.delay + time.Duration(random.ExpFloat64()*float64(200*time.Millisecond))
		switch random.IntN(10) {
		case 0:
			q.dropped = true
		case 1:
			q.kind = measure.ErrorKinds()[random.IntN(len(measure.ErrorKinds()))]
		case 2:
			q.status = []int{200, 301, 404, 503}[random.IntN(4)]
		default:
			q.status = 202
		}
		requests[i] = q
	}
	return requests
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const profile = "ramp:from=5,to=25,duration=6;constant:rate=10,duration=3.5;step:rates=3/9,every=1;trace:points=0:1/2:4"

func sequence(t testing.TB, text string) schedule.Sequence {
	t.Helper()
	s, err := schedule.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func plan(t testing.TB, scale float64, seed uint64) Plan {
	t.Helper()
	return Plan{Sequence: sequence(t, profile).Scale(scale), Seed: seed, MaxInFlight: 60, Timeout: 30 * time.Second,
		IdleTimeout: 4 * time.Second, NewConnections: true, InsecureSkipVerify: true}
}

// sample is a small document with every kind of request, the same in every run.
func sample(t testing.TB, seed uint64, startedAt time.Time, line *timeline.Timeline) *Document {
	t.Helper()
	requests := traffic(rand.New(rand.NewPCG(seed, 0)), 40, 4*time.Second)
	r := recorded(requests, startedAt, 4*time.Second, 5250*time.Millisecond)
	r.Interrupted = true
	return New(r, plan(t, 1, seed), line)
}

func line() *timeline.Timeline {
	metric := 9.75
	return &timeline.Timeline{
		StartedAt:  noon,
		Autoscaler: timeline.Autoscaler{Namespace: "app", HPA: "heavywork", Deployment: "heavywork", Metric: "requests", Target: 10, MinReplicas: 1, MaxReplicas: 5, SyncPeriod: 1},
		Samples:    []timeline.Sample{{T: -0.25, Desired: 1, Replicas: 1, Ready: 1}, {T: 2.5, Desired: 2, Replicas: 1, Ready: 1, Metric: &metric}},
		Events:     []timeline.Event{{T: 2.75, Type: "Normal", Reason: "SuccessfulRescale", Object: "HorizontalPodAutoscaler/heavywork", Message: "New size: 2"}},
	}
}

func written(t testing.TB, d *Document) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reread returns d after it was written and read.
func reread(t testing.TB, d *Document) *Document {
	t.Helper()
	back, err := Read(bytes.NewBufferString(written(t, d)))
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func mustMerge(t testing.TB, documents ...*Document) *Document {
	t.Helper()
	merged, err := Merge(documents...)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}
