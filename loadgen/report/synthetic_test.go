// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// synthetic describes a simulated run.
type synthetic struct {
	profile string
	seed    uint64
	median  float64 // milliseconds of latency with enough replicas
	faults  bool    // 502s and reset connections when replicas are added, a burst of drops
	cluster bool
}

var benchmark = synthetic{profile: "decay:arrival_rate=80,decay_rate=0.001,duration=500", seed: 42, median: 1.3, faults: true, cluster: true}

// document makes the run second by second: arrivals are Poisson, latencies
// log-normal, and an autoscaler with a sync period of 15 seconds follows a
// 15-second rate.
func (s synthetic) document(t testing.TB) *result.Document {
	t.Helper()
	sequence, err := schedule.Parse(s.profile)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(s.seed, 1))
	started := time.Date(2026, 11, 23, 20, 58, 41, 250e6, time.UTC)
	r := &measure.Result{
		Target: "http://localhost:80/heavywork", StartedAt: started,
		Window: sequence.Duration(), Elapsed: sequence.Duration() + 4*time.Millisecond,
		Statuses: map[int]int64{}, Errors: map[measure.ErrorKind]measure.ErrorCount{},
		Latency: measure.NewDistribution(), SuccessLatency: measure.NewDistribution(), SendDelay: measure.NewDistribution(),
	}
	expected := sequence.ExpectedPerSecond()
	var line *timeline.Timeline
	if s.cluster {
		line = scaling(expected, started, random)
	}
	for i, rate := range expected {
		second := measure.NewSecond()
		ready, changing := 1, false
		if line != nil {
			for _, sample := range line.Samples {
				if sample.T <= float64(i) {
					changing = sample.Ready != ready && float64(i)-sample.T < 2
					ready = sample.Ready
				}
			}
		}
		second.Offered = poisson(random, rate)
		if s.faults && i >= 211 && i < 214 {
			second.Dropped = second.Offered / 3
		}
		second.Sent = second.Offered - second.Dropped
		for range second.Sent {
			busy := 1 + math.Max(0, rate/float64(ready)-25)/18
			latency := time.Duration(s.median * busy * math.Exp(random.NormFloat64()*0.45) * 1e6)
			if random.Float64() < 0.004 {
				latency *= 9
			}
			r.SendDelay.Record(time.Duration(1e5 * math.Exp(random.NormFloat64()*0.5)))
			switch {
			case s.faults && changing && random.Float64() < 0.05:
				second.Failed++
				second.Errors[measure.Reset]++
			case s.faults && changing && random.Float64() < 0.06, s.faults && i == 340 && random.Float64() < 0.1:
				second.Completed++
				second.Classes["5xx"]++
				r.Statuses[502]++
				second.Latency.Record(latency)
				r.Latency.Record(latency)
			default:
				second.Completed++
				second.Succeeded++
				second.Classes["2xx"]++
				r.Statuses[202]++
				second.BytesReceived += 34
				second.Latency.Record(latency)
				r.Latency.Record(latency)
				r.SuccessLatency.Record(latency)
			}
		}
		r.Seconds = append(r.Seconds, second)
		r.Counts.Add(second.Counts())
		r.BytesReceived += second.BytesReceived
		r.BytesSent += second.Sent * 120
		for kind, n := range second.Errors {
			e := r.Errors[kind]
			e.Count, e.Example = e.Count+n, "read tcp 127.0.0.1:37662->127.0.0.1:80: read: connection reset by peer"
			r.Errors[kind] = e
		}
	}
	return result.New(r, result.Plan{Sequence: sequence, Seed: s.seed, MaxInFlight: engine.DefaultMaxInFlight, Timeout: engine.DefaultTimeout}, line)
}

// poisson draws by counting exponential gaps, which is slow and obviously
// correct.
func poisson(random *rand.Rand, mean float64) int64 {
	n := int64(-1)
	for at := 0.0; at < mean; n++ {
		at += random.ExpFloat64()
	}
	return max(n, 0)
}

// scaling simulates the autoscaler: target 10 per replica, one to five
// replicas.
func scaling(expected []float64, started time.Time, random *rand.Rand) *timeline.Timeline {
	line := &timeline.Timeline{StartedAt: started, Autoscaler: timeline.Autoscaler{
		Namespace: "app", HPA: "heavywork", Deployment: "heavywork", Metric: "heavywork_requests_per_second",
		Target: 10, MinReplicas: 1, MaxReplicas: 5,
	}}
	event := func(at float64, reason, object, message string) {
		line.Events = append(line.Events, timeline.Event{T: at, Type: "Normal", Reason: reason, Object: object, Message: message})
	}
	desired, ready, low := 1, 1, 0.0
	readyAt := map[float64]int{}
	end := float64(len(expected)) + 110
	for at := -4.0; at < end; at++ {
		rate := 0.0
		for back := 1.0; back <= 15; back++ {
			if i := int(at - back); i >= 0 && i < len(expected) {
				rate += expected[i] / 15
			}
		}
		metric := math.Max(0, rate/float64(ready)*(1+0.06*random.NormFloat64()))
		if rate == 0 {
			metric = 0
		}
		moment := at + 0.2*random.Float64()
		if n, ok := readyAt[at]; ok {
			ready = n
		}
		if math.Mod(at+8, 15) == 0 {
			want := min(max(int(math.Ceil(metric*float64(ready)/10)), 1), 5)
			if math.Abs(metric/10-1) <= 0.1 {
				want = ready
			}
			switch {
			case want > desired:
				event(moment, "SuccessfulRescale", "HorizontalPodAutoscaler/heavywork", fmt.Sprintf("New size: %d; reason: pods metric heavywork_requests_per_second above target", want))
				event(moment+0.1, "ScalingReplicaSet", "Deployment/heavywork", fmt.Sprintf("Scaled up replica set heavywork-655c64f595 from %d to %d", desired, want))
				for pod := desired; pod < want; pod++ {
					event(moment+1, "Started", fmt.Sprintf("Pod/heavywork-655c64f595-%05x", 70000+pod*977), "Started container heavywork")
				}
				desired, readyAt[at+3] = want, want
				low = at
			case want < desired && at-low >= 60:
				event(moment, "SuccessfulRescale", "HorizontalPodAutoscaler/heavywork", fmt.Sprintf("New size: %d; reason: All metrics below target", want))
				event(moment+0.1, "ScalingReplicaSet", "Deployment/heavywork", fmt.Sprintf("Scaled down replica set heavywork-655c64f595 from %d to %d", desired, want))
				desired, readyAt[at+1] = want, want
			case want == desired:
				low = at
			}
		}
		sample := timeline.Sample{T: moment, Desired: desired, Replicas: desired, Ready: ready, Metric: &metric}
		if at < 0 {
			sample.Metric = nil
		}
		line.Samples = append(line.Samples, sample)
	}
	return line
}
