// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

const (
	// idleSeconds is the minimum that the activator accepts.
	idleSeconds = 5
	// activityScrapes is the range of module scaling's activity query.
	activityScrapes = 10
)

// A workload without requests scales to zero within a time limit, and one that gets
// only light work does not. Ten workloads side by side get fifty requests around the
// moment they scale to zero, up to half a second after it or some seconds before it:
// none is lost, and each is counted once.
func TestScaleToZero(t *testing.T) {
	const members, rounds = 10, 5
	b := suite.Shared.Budget
	goes := b.ScaleToZero(idleSeconds*time.Second, activityScrapes)
	tries := 2*fleet.Up(members) + budget.Settling + rounds*(fleet.Goes(b)+fleet.Up(members)) + goes
	s := suite.Start(t, suite.ActivatorTime+fleet.Up(1)+tries+goes+b.PodStop)
	s.WithActivator(idleSeconds)
	// Meanwhile the environment's own workload gets a request every second.
	light := s.StartEven(s.Env.HTTPURL+"/lightwork", 1, tries)
	s.Await(fleet.Up(1), "a replica under light work", func(now observe.State) bool { return now.Ready >= 1 })
	before, began := s.Observer.Mark(), time.Now()
	comeAround(s, fleet.Start(s, members), rounds)
	s.Until(goes, "until light work has lasted longer than scaling to zero takes", func(context.Context) error {
		if since := time.Since(began); since < goes {
			return fmt.Errorf("it has lasted %s", since)
		}
		return nil
	})
	light.Stop()
	if fewer, found := s.Observer.Since(before).First(func(now observe.State) bool { return now.Wanted < 1 }); found {
		t.Errorf("under light work: %s", fewer)
	}

	ended := time.Now()
	down := s.Await(goes, "no replica to be wanted", func(now observe.State) bool { return now.Wanted == 0 })
	t.Logf("no replica was wanted %s after the last request", down.At.Sub(ended).Round(100*time.Millisecond))
	s.Await(b.PodStop, "the last pod to end", func(now observe.State) bool { return len(now.Pods) == 0 })
}

// comeAround lets each member scale to zero, and sends it a request around the moment
// at which it should, round after round.
func comeAround(s *suite.Suite, f *fleet.Fleet, rounds int) {
	s.T.Helper()
	before, err := f.Ledger.Sum(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	var mu sync.Mutex
	var toNone, toOne int
	var members sync.WaitGroup
	for i, m := range f.Members {
		members.Go(func() {
			report := func(format string, args ...any) {
				mu.Lock()
				defer mu.Unlock()
				s.T.Errorf(m.Name+": "+format, args...)
			}
			last := time.Now()
			for round := range rounds {
				// The moment of the request is what is tested. When a member scales to zero
				// cannot be predicted to a second: Prometheus may take five to find a new pod.
				if n := time.Duration(round*len(f.Members) + i); n%3 == 0 {
					time.Sleep(time.Until(last.Add(fleet.Idle - 500*time.Millisecond + n*40*time.Millisecond)))
				} else if _, err := m.AwaitZero(s.Ctx); err != nil {
					report("%v", err)
					return
				} else {
					time.Sleep(n * 10 * time.Millisecond)
				}
				mark := m.Observer.Mark()
				status, err := m.Post(s.Ctx, "/heavywork")
				last = time.Now()
				if err != nil || status != http.StatusAccepted {
					report("round %d: status %d, error %v", round, status, err)
					return
				}
				mu.Lock()
				if m.Observer.Since(mark)[0].Wanted == 0 {
					toNone++
				} else {
					toOne++
				}
				mu.Unlock()
			}
		})
	}
	members.Wait()
	after, err := f.Ledger.Sum(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Logf("%d requests came to a workload at zero, and %d to one about to go", toNone, toOne)
	if toNone == 0 || toOne == 0 {
		s.T.Errorf("%d requests came after the moment of going and %d before it, want some of both", toNone, toOne)
	}
	if counted, want := int(after-before), rounds*len(f.Members); counted != want {
		s.T.Errorf("the pods have counted %d requests, want %d", counted, want)
	}
}

// One request wakes the workload, and so do fifty at once. Then 200 requests a second
// follow, which want all replicas: each is answered and counted once, and none of
// those sent after the activator has stepped aside passes through it.
func TestWake(t *testing.T) {
	const atOnce, rate = 50, 200
	b := suite.Shared.Budget
	goes := b.ScaleToZero(idleSeconds*time.Second, activityScrapes) + b.PodStop
	s := suite.Start(t, suite.ActivatorTime+2*goes+2*fleet.Up(1)+b.ScaleUpReaction()+4*budget.Answer)
	b.NeedRoom(t, 1)
	s.WithActivator(idleSeconds)
	ledger := s.FollowCounter()
	before, err := ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}

	awaitZero(s, goes)
	began := time.Now()
	if reply := s.Send(t, http.MethodPost, "/heavywork"); reply.Status != http.StatusAccepted {
		t.Fatalf("the one request gets %d: %s", reply.Status, reply.Body)
	}
	t.Logf("from zero, one request was answered after %s", time.Since(began).Round(10*time.Millisecond))

	awaitZero(s, goes)
	var requests sync.WaitGroup
	for range atOnce {
		requests.Go(func() {
			if reply := s.Send(t, http.MethodPost, "/heavywork"); reply.Status != http.StatusAccepted {
				t.Errorf("one of %d at once gets %d: %s", atOnce, reply.Status, reply.Body)
			}
		})
	}
	requests.Wait()

	s.Until(budget.PodStart, "until the activator has stepped aside", func(ctx context.Context) error {
		if awake, err := s.Prometheus().Scalar(ctx, `min(activator_state{state="awake",backend_namespace="`+suite.AppNamespace+`"})`); err != nil || awake != 1 {
			return fmt.Errorf("awake is %g (%v)", awake, err)
		}
		return nil
	})
	passed := activatorRequests(s)
	load := s.StartProfile("/heavywork", schedule.Constant{ArrivalRate: rate}, b.ScaleUpReaction())
	s.AwaitMost(b.ScaleUpReaction())
	answered := load.Stop()
	if now := activatorRequests(s); now != passed {
		t.Errorf("of %d warm requests %g have passed the activator", answered, now-passed)
	}
	after, err := ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	if counted, want := int64(after-before), answered+atOnce+1; counted != want {
		t.Errorf("the pods have counted %d requests, want %d", counted, want)
	}
}

// awaitZero waits until the workload is at zero and its last pod has ended.
func awaitZero(s *suite.Suite, limit time.Duration) {
	s.T.Helper()
	s.Await(limit, "no replica to be left", func(now observe.State) bool { return now.Wanted == 0 && len(now.Pods) == 0 })
}

// activatorRequests returns how many requests for the environment's workload the
// activator has received.
func activatorRequests(s *suite.Suite) float64 {
	s.T.Helper()
	pods, err := s.Client.CoreV1().Pods(s.Places.Monitoring).List(s.Ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=activator"})
	if err != nil {
		s.T.Fatal(err)
	}
	var names []string
	for _, pod := range pods.Items {
		names = append(names, pod.Name)
	}
	counter := metrics.Counter{Client: s.Client.CoreV1().RESTClient(), Namespace: s.Places.Monitoring, Port: suite.ActivatorMetricsPort, Name: "activator_requests_total"}
	sum, err := counter.Sum(s.Ctx, names)
	if err != nil {
		s.T.Fatal(err)
	}
	return sum
}
