// SPDX-License-Identifier: Apache-2.0

// Package fault holds what the fault tests share: load and verdict, lost requests,
// and ways to break something.
package fault

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/faultlog"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Fault is a scenario in which something breaks under a steady load. The load wants
// a number of replicas between the limits, so that a replica removed for lack of
// data would show, and so would one added because of wrong data.
type Fault struct {
	*suite.Suite
	Machine     node.Node // the control plane's
	replicas    int32     // that the load wants
	loads       []*suite.Running
	Metric      *outage.Watch // whether the metrics API has a value for each pod
	Ingress     *outage.Watch // whether the ingress answers
	Before      protected
	mark        int       // the observer's, when the load was steady
	steadyAt    time.Time // the same moment
	recoveredAt time.Time
	Record      faultlog.Record
	Restore     func(context.Context) error // undoes what the fault has changed; nil when there is nothing
}

// protected is what no fault may change.
type protected struct {
	Rules map[string]string // the adapter's config map
	spec  autoscalingv2.HorizontalPodAutoscalerSpec
}

// Start starts the load and waits until the replicas it wants are ready. The limit
// is how long the scenario takes from then to Finish.
func Start(t *testing.T, description string, limit time.Duration) *Fault {
	t.Helper()
	return StartBy(t, description, limit, []string{suite.Shared.Env.HTTPURL}, 0)
}

// StartBy is Start with load that enters by the given addresses of the ingress. The
// load that wants the replicas enters by the first; in addition, light requests per
// second, which want none, enter by each.
func StartBy(t *testing.T, description string, limit time.Duration, by []string, light float64) *Fault {
	t.Helper()
	b := suite.Shared.Budget
	s := suite.Start(t, 3*b.FaultSteady()+limit)
	s.Env.HTTPURL = by[0]
	b.NeedRoom(t, 2)
	f := &Fault{Suite: s, Machine: s.Node(), Record: faultlog.Record{Fault: description, Test: t.Name()}}

	// Two replicas more than the minimum, or as many as the scenario before has left:
	// waiting for fewer would cost a stabilization window.
	f.replicas = min(b.MinReplicas+2, b.MaxReplicas-1)
	if now := s.Observer.Since(s.Observer.Mark())[0]; now.Wanted > f.replicas && now.Wanted < b.MaxReplicas {
		f.replicas = now.Wanted
	}
	f.Record.Replicas = f.replicas
	// The load is not random: a random one asks for another replica now and then,
	// because of a few more requests in a short window, and the fault would be
	// blamed. bench-flapping counts how often that happens.
	length := 2*b.FaultSteady() + limit
	f.loads = []*suite.Running{s.StartEven(s.Env.HTTPURL+"/heavywork", b.Wants(f.replicas), length)}
	for _, address := range by {
		if light > 0 {
			f.loads = append(f.loads, s.StartEven(address+"/lightwork", light, length))
		}
	}
	s.Await(b.FaultSteady(), fmt.Sprintf("%d replicas and a steady metric", f.replicas), steady(f.replicas))

	f.awaitServed()
	f.Metric = f.watch("metric", budget.MetricEvery, f.askMetric)
	f.Ingress = f.watch("ingress", budget.IngressEvery, f.AskIngress)
	f.Before = f.protected()
	f.mark, f.steadyAt = s.Observer.Mark(), time.Now()
	return f
}

// steady reports whether the replicas and the rate are those of a load that wants n.
func steady(n int32) func(observe.State) bool {
	return func(now observe.State) bool {
		return now.Wanted == n && now.Ready == n && now.Desired == n && int32(len(now.Pods)) == n && rateWants(n, now)
	}
}

// rateWants reports whether the autoscaler sees a rate that wants n replicas, where
// there are n. A rate whose window is only partly filled wants fewer.
func rateWants(n int32, now observe.State) bool {
	if now.Average == nil || now.Blind {
		return false
	}
	wanted := now.Average.AsApproximateFloat64() * float64(n) / suite.Shared.Budget.Target
	return int32(math.Ceil(wanted)) == n
}

// awaitServed waits until the metrics API has a value for each pod. A new pod has
// none until its rate window is full; until then the autoscaler assumes one for it,
// and everything seems steady already.
func (f *Fault) awaitServed() {
	f.T.Helper()
	ctx, cancel := context.WithTimeout(f.Ctx, suite.Shared.Budget.FaultSteady())
	defer cancel()
	w, stop := outage.Start(ctx, outage.Options{What: "metric", Ask: f.askMetric, Every: budget.MetricEvery, Timeout: budget.AskFor, Log: func(string, ...any) {}})
	defer stop()
	if _, err := w.AwaitGood(ctx, time.Now()); err != nil {
		f.T.Fatalf("the load is steady, but the metric is not served: %v", err)
	}
}

func (f *Fault) watch(what string, every time.Duration, ask func(context.Context) error) *outage.Watch {
	began := time.Now()
	w, stop := outage.Start(f.Ctx, outage.Options{What: what, Ask: ask, Every: every, Timeout: budget.AskFor, Log: func(format string, args ...any) {
		f.T.Logf("%6.1f s  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}})
	f.T.Cleanup(stop)
	return w
}

// askMetric returns an error unless the metrics API has values for at least as many
// pods as the load wants.
func (f *Fault) askMetric(ctx context.Context) error {
	list, err := suite.ServedMetric(f.Client).Values(ctx)
	if err != nil {
		return err
	}
	if n := len(list.Items); n < int(f.replicas) {
		return fmt.Errorf("it has values for %d pods, want %d", n, f.replicas)
	}
	return nil
}

// AwaitWholeWindows waits until n replicas of Prometheus have samples for a full
// rate window. One that has just started has not: if it were the only one, the
// autoscaler could not read its metric.
func AwaitWholeWindows(s *suite.Suite, n int) {
	s.T.Helper()
	window := suite.Shared.Budget.BackInRate()
	s.Until(budget.NodeStart+window, fmt.Sprintf("for %d replicas of Prometheus to have a full rate window", n), func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(s.Places.Monitoring).List(ctx, metav1.ListOptions{LabelSelector: PrometheusLabels})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			for _, c := range pod.Status.Conditions {
				if c.Type == corev1.PodReady && (c.Status != corev1.ConditionTrue || time.Since(c.LastTransitionTime.Time) < window) {
					return fmt.Errorf("%s is Ready: %s since %s", pod.Name, c.Status, c.LastTransitionTime)
				}
			}
		}
		if len(pods.Items) != n {
			return fmt.Errorf("there are %d", len(pods.Items))
		}
		return nil
	})
}

func (f *Fault) protected() protected {
	f.T.Helper()
	rules, err := f.Client.CoreV1().ConfigMaps(f.Places.Monitoring).Get(f.Ctx, f.Places.AdapterConfigMap, metav1.GetOptions{})
	if err != nil {
		f.T.Fatal(err)
	}
	hpa, err := f.Client.AutoscalingV2().HorizontalPodAutoscalers(suite.AppNamespace).Get(f.Ctx, suite.AppName, metav1.GetOptions{})
	if err != nil {
		f.T.Fatal(err)
	}
	return protected{Rules: rules.Data, spec: hpa.Spec}
}

// Strike calls do to break something, and records when.
func (f *Fault) Strike(what string, do func(context.Context) error) {
	f.T.Helper()
	f.T.Logf("fault: %s", what)
	f.Record.Began = time.Now()
	if err := do(f.Ctx); err != nil {
		f.T.Fatal(err)
	}
}

// Hold keeps a fault up for a time, long enough that past values no longer protect
// the replicas. It fails at once when the number of replicas changes.
func (f *Fault) Hold(length time.Duration) {
	f.T.Helper()
	f.T.Logf("the fault is kept up for %s", length)
	ctx, cancel := context.WithTimeout(f.Ctx, length)
	defer cancel()
	changed, err := f.Observer.Await(ctx, length, "the end of the fault", func(now observe.State) bool { return now.Wanted != f.replicas })
	if err == nil {
		f.T.Fatalf("the fault has changed the number of replicas, want %d throughout: %s", f.replicas, changed)
	}
	if f.Ctx.Err() != nil {
		f.T.Fatal(context.Cause(f.Ctx))
	}
	f.Record.Held = length.Seconds()
}

// End calls do to end a fault that was kept up. It returns when; recovery counts
// from then.
func (f *Fault) End(do func(context.Context) error) time.Time {
	f.T.Helper()
	ended := time.Now()
	f.T.Logf("the fault ends")
	if err := do(f.Ctx); err != nil {
		f.T.Fatal(err)
	}
	return ended
}

// AwaitRecovery waits, within a limit, until everything has recovered by itself:
// the ingress answers, the metrics API has a value for each pod, and the autoscaler
// has synced since and read a rate that wants these replicas. The recovery time
// counts from since.
func (f *Fault) AwaitRecovery(since time.Time, limit time.Duration) {
	f.T.Helper()
	ctx, cancel := context.WithTimeout(f.Ctx, limit)
	defer cancel()
	asked := time.Now() // good answers from before prove nothing
	for _, w := range []*outage.Watch{f.Ingress, f.Metric} {
		if _, err := w.AwaitGood(ctx, asked); err != nil {
			f.T.Fatalf("not recovered within %s: %v", limit, err)
		}
	}
	served := time.Now()
	stale := f.Observer.Since(f.Observer.Mark())[0].Average
	state, err := f.Observer.Await(ctx, limit, "the autoscaler to read the right rate again", func(now observe.State) bool {
		fresh := now.At.After(served) && (stale == nil || now.Average != nil && now.Average.Cmp(*stale) != 0)
		return fresh && now.Ready == f.replicas && rateWants(f.replicas, now)
	})
	if err != nil {
		f.T.Fatal(err)
	}
	f.recoveredAt = state.At
	f.Record.Recovered = state.At.Sub(since).Seconds()
	f.T.Logf("recovered after %.1f s", f.Record.Recovered)
}

// Finish checks that no replica came or went, that nothing protected changed, that
// only permitted requests were lost, and that more load still brings more replicas.
// It saves a record.
func (f *Fault) Finish(loss Permitted) {
	f.T.Helper()
	for _, load := range f.loads {
		load.Cancel()
		<-load.Done
		if load.Err != nil {
			f.T.Fatal(load.Err)
		}
	}
	f.judgeReplicas(loss.mayGrow())
	f.judgeProtected()
	f.judgeLoss(loss)
	f.measure()

	b := suite.Shared.Budget
	limit, follows := b.ScaleUpReaction(), func(now observe.State) bool { return now.Wanted > f.replicas && now.Ready > f.replicas }
	if loss.mayGrow() { // and may have grown: more replicas would prove nothing
		limit, follows = b.FaultSteady(), steady(f.replicas+1)
	}
	more := f.StartEven(f.Env.HTTPURL+"/heavywork", b.Wants(f.replicas+1), limit)
	f.Await(limit, "one more replica under more load", follows)
	more.Stop()
	if f.T.Failed() {
		return
	}
	path, err := faultlog.Save(filepath.Join(f.Env.LogDir, faultlog.Dir), f.Record)
	if err != nil {
		f.T.Error(err)
		return
	}
	f.T.Logf("%s\nrecorded in %s", faultlog.Table([]faultlog.Record{f.Record}), path)
}

// judgeReplicas fails the test when a replica was removed, or when one was added
// and mayGrow is false.
func (f *Fault) judgeReplicas(mayGrow bool) {
	f.T.Helper()
	states := f.Observer.Since(f.mark)
	if odd, found := states.First(func(now observe.State) bool {
		return now.Wanted < f.replicas || now.Wanted > f.replicas && !mayGrow
	}); found {
		f.T.Errorf("the fault has changed the number of replicas, want %d throughout: %s\n%s", f.replicas, odd, states)
	}
}

func (f *Fault) judgeProtected() {
	f.T.Helper()
	after := f.protected()
	if !equality.Semantic.DeepEqual(f.Before.Rules, after.Rules) {
		f.T.Errorf("the adapter's rules have changed:\n%s\nwant\n%s", after.Rules, f.Before.Rules)
	}
	if !equality.Semantic.DeepEqual(f.Before.spec, after.spec) {
		f.T.Errorf("the autoscaler has changed:\n%+v\nwant\n%+v", after.spec, f.Before.spec)
	}
}

// measure adds to the record for how long metric, traffic and autoscaler failed.
func (f *Fault) measure() {
	now := time.Now()
	f.Record.MetricGone = outage.Longest(f.Metric.Spans(), now).Seconds()
	f.Record.TrafficGone = outage.Longest(f.Ingress.Spans(), now).Seconds()
	var since time.Time
	for _, state := range f.Observer.Since(f.mark) {
		switch {
		case state.Blind && since.IsZero():
			since = state.At
		case !state.Blind && !since.IsZero():
			f.Record.Blind = max(f.Record.Blind, state.At.Sub(since).Seconds())
			since = time.Time{}
		}
	}
}
