// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/faultlog"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// fault is a scenario in which something breaks under a steady load that wants
// a number of replicas between the limits, so that a replica taken away for lack
// of data would show, and so would one added by wrong data.
type fault struct {
	*suite
	machine     node.Node
	replicas    int32 // that the load wants
	load        *running
	metric      *outage.Watch // whether the metrics API has a value for each pod
	ingress     *outage.Watch // whether the ingress answers
	before      protected
	mark        int       // the observer's, when the load was steady
	steadyAt    time.Time // the same moment
	recoveredAt time.Time
	record      faultlog.Record
	restore     func(context.Context) error // puts back what the fault has changed; nil when there is nothing
}

// protected is what no fault may change.
type protected struct {
	rules map[string]string // the adapter's config map
	spec  autoscalingv2.HorizontalPodAutoscalerSpec
}

// startFault brings the load up and waits until the replicas it wants are there.
// The limit is what the scenario needs after that until finish.
func startFault(t *testing.T, description string, limit time.Duration) *fault {
	t.Helper()
	b := shared.budget
	s := start(t, 2*b.faultSteady()+limit+b.scaleUpReaction())
	b.needRoom(t, 2)
	f := &fault{suite: s, machine: s.node(), record: faultlog.Record{Fault: description, Test: t.Name()}}

	// Two replicas more than the fewest, or as many as the scenario before has left:
	// each wait for fewer would cost a whole stabilization window.
	f.replicas = min(b.minReplicas+2, b.maxReplicas-1)
	if now := s.observer.Since(s.observer.Mark())[0]; now.Wanted > f.replicas && now.Wanted < b.maxReplicas {
		f.replicas = now.Wanted
	}
	f.record.Replicas = f.replicas
	// Without chance in the load: with it, a few requests more or less in a short
	// window ask for another replica now and then, and whatever had just been
	// broken would be blamed. What chance does is what bench-flapping counts.
	f.load = s.startEven("/heavywork", b.wants(f.replicas), 2*b.faultSteady()+limit)
	s.await(b.faultSteady(), fmt.Sprintf("%d replicas and a steady metric", f.replicas), f.steady)

	f.awaitServed()
	f.metric = f.watch("metric", metricEvery, f.askMetric)
	f.ingress = f.watch("ingress", ingressEvery, f.askIngress)
	f.before = f.protected()
	f.mark, f.steadyAt = s.observer.Mark(), time.Now()
	return f
}

// steady reports whether the replicas and the rate are what the load wants.
func (f *fault) steady(now observe.State) bool {
	return now.Wanted == f.replicas && now.Ready == f.replicas && now.Desired == f.replicas && int32(len(now.Pods)) == f.replicas && f.rateIsRight(now)
}

// rateIsRight reports whether the autoscaler sees a rate that wants the replicas.
// A rate that has only begun to fill its window wants fewer.
func (f *fault) rateIsRight(now observe.State) bool {
	if now.Average == nil || now.Blind {
		return false
	}
	wanted := now.Average.AsApproximateFloat64() * float64(f.replicas) / shared.budget.target
	return int32(math.Ceil(wanted)) == f.replicas
}

// awaitServed waits until the metrics API has a value for each pod. A new one has
// none before its window is full; until then the autoscaler assumes one for it,
// and all looks steady already.
func (f *fault) awaitServed() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, shared.budget.faultSteady())
	defer cancel()
	w, stop := outage.Start(ctx, outage.Options{What: "metric", Ask: f.askMetric, Every: metricEvery, Timeout: askFor, Log: func(string, ...any) {}})
	defer stop()
	if _, err := w.AwaitGood(ctx, time.Now()); err != nil {
		f.t.Fatalf("a steady load, and the metric is not served: %v", err)
	}
}

func (f *fault) watch(what string, every time.Duration, ask func(context.Context) error) *outage.Watch {
	began := time.Now()
	w, stop := outage.Start(f.ctx, outage.Options{What: what, Ask: ask, Every: every, Timeout: askFor, Log: func(format string, args ...any) {
		f.t.Logf("%6.1f s  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}})
	f.t.Cleanup(stop)
	return w
}

// askMetric is an error unless the metrics API has a value for at least as many
// pods as there should be.
func (f *fault) askMetric(ctx context.Context) error {
	list, err := servedMetric(f.client).Values(ctx)
	if err != nil {
		return err
	}
	if n := len(list.Items); n < int(f.replicas) {
		return fmt.Errorf("it has values for %d pods, want %d", n, f.replicas)
	}
	return nil
}

func (f *fault) protected() protected {
	f.t.Helper()
	rules, err := f.client.CoreV1().ConfigMaps(f.places.monitoring).Get(f.ctx, f.places.adapterConfigMap, metav1.GetOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	hpa, err := f.client.AutoscalingV2().HorizontalPodAutoscalers(appNamespace).Get(f.ctx, appName, metav1.GetOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	return protected{rules: rules.Data, spec: hpa.Spec}
}

// strike does what breaks something, and remembers when.
func (f *fault) strike(what string, do func(context.Context) error) {
	f.t.Helper()
	f.t.Logf("fault: %s", what)
	f.record.Began = time.Now()
	if err := do(f.ctx); err != nil {
		f.t.Fatal(err)
	}
}

// hold keeps a fault up for a time: long enough that the past protects nothing
// any more. It ends early when the number of replicas changes.
func (f *fault) hold(length time.Duration) {
	f.t.Helper()
	f.t.Logf("the fault is kept up for %s", length)
	ctx, cancel := context.WithTimeout(f.ctx, length)
	defer cancel()
	changed, err := f.observer.Await(ctx, length, "the end of the fault", func(now observe.State) bool { return now.Wanted != f.replicas })
	if err == nil {
		f.t.Fatalf("the fault has changed the number of replicas, want %d throughout: %s", f.replicas, changed)
	}
	if f.ctx.Err() != nil {
		f.t.Fatal(context.Cause(f.ctx))
	}
	f.record.Held = length.Seconds()
}

// end does what ends a fault that was kept up. Recovery counts from then.
func (f *fault) end(do func(context.Context) error) time.Time {
	f.t.Helper()
	ended := time.Now()
	f.t.Logf("the fault ends")
	if err := do(f.ctx); err != nil {
		f.t.Fatal(err)
	}
	return ended
}

// awaitRecovery waits, within a limit, until all is as before, and by itself:
// the ingress answers, the metrics API has a value for each pod, and the
// autoscaler has looked since and has read a rate that wants these replicas. How
// long it took counts from the time given.
func (f *fault) awaitRecovery(since time.Time, limit time.Duration) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, limit)
	defer cancel()
	asked := time.Now() // good answers of before the fault prove nothing
	for _, w := range []*outage.Watch{f.ingress, f.metric} {
		if _, err := w.AwaitGood(ctx, asked); err != nil {
			f.t.Fatalf("not recovered within %s: %v", limit, err)
		}
	}
	served := time.Now()
	stale := f.observer.Since(f.observer.Mark())[0].Average
	state, err := f.observer.Await(ctx, limit, "the autoscaler to read the right rate again", func(now observe.State) bool {
		fresh := now.At.After(served) && (stale == nil || now.Average != nil && now.Average.Cmp(*stale) != 0)
		return fresh && now.Ready == f.replicas && f.rateIsRight(now)
	})
	if err != nil {
		f.t.Fatal(err)
	}
	f.recoveredAt = state.At
	f.record.Recovered = state.At.Sub(since).Seconds()
	f.t.Logf("recovered after %.1f s", f.record.Recovered)
}

// finish judges: no replica came or went, nothing that is protected changed, no
// request was lost but those that may be; and that more load still brings more
// replicas. It leaves a record.
func (f *fault) finish(loss permitted) {
	f.t.Helper()
	f.load.cancel()
	<-f.load.done
	if f.load.err != nil {
		f.t.Fatal(f.load.err)
	}
	f.judgeReplicas(loss.mayGrow())
	f.judgeProtected()
	f.judgeLoss(loss)
	f.measure()

	b := shared.budget
	more := f.startEven("/heavywork", b.wants(f.replicas+1), b.scaleUpReaction())
	f.await(b.scaleUpReaction(), "one more replica under more load", func(now observe.State) bool {
		return now.Wanted > f.replicas && now.Ready > f.replicas
	})
	more.stop()
	if f.t.Failed() {
		return
	}
	path, err := faultlog.Save(filepath.Join(f.env.LogDir, faultlog.Dir), f.record)
	if err != nil {
		f.t.Error(err)
		return
	}
	f.t.Logf("%s\nrecorded in %s", faultlog.Table([]faultlog.Record{f.record}), path)
}

// judgeReplicas fails the test when a replica went, and unless it may when one
// came.
func (f *fault) judgeReplicas(mayGrow bool) {
	f.t.Helper()
	states := f.observer.Since(f.mark)
	if odd, found := states.First(func(now observe.State) bool {
		return now.Wanted < f.replicas || now.Wanted > f.replicas && !mayGrow
	}); found {
		f.t.Errorf("the fault has changed the number of replicas, want %d throughout: %s\n%s", f.replicas, odd, states)
	}
}

func (f *fault) judgeProtected() {
	f.t.Helper()
	after := f.protected()
	if !equality.Semantic.DeepEqual(f.before.rules, after.rules) {
		f.t.Errorf("the adapter's rules have changed:\n%s\nwant\n%s", after.rules, f.before.rules)
	}
	if !equality.Semantic.DeepEqual(f.before.spec, after.spec) {
		f.t.Errorf("the autoscaler has changed:\n%+v\nwant\n%+v", after.spec, f.before.spec)
	}
}

// measure fills in the record what was seen.
func (f *fault) measure() {
	now := time.Now()
	f.record.MetricGone = outage.Longest(f.metric.Spans(), now).Seconds()
	f.record.TrafficGone = outage.Longest(f.ingress.Spans(), now).Seconds()
	var since time.Time
	for _, state := range f.observer.Since(f.mark) {
		switch {
		case state.Blind && since.IsZero():
			since = state.At
		case !state.Blind && !since.IsZero():
			f.record.Blind = max(f.record.Blind, state.At.Sub(since).Seconds())
			since = time.Time{}
		}
	}
}
