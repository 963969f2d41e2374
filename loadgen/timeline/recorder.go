// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

// Config says what to record. Open makes one; Client, Namespace and HPA are
// required.
type Config struct {
	Client    kube.Reader
	Namespace string
	HPA       string
	Metric    string        // empty for the first one of the type Pods
	Timeout   time.Duration // for reading the current state; default DefaultTimeout

	// SyncPeriod is the time between two syncs of the autoscaler's controller;
	// 0 reads it from the controller manager's pod, if possible.
	SyncPeriod time.Duration

	// Values queries the metric, one value for each pod that has one. If it is
	// nil, the metric is what the autoscaler shows.
	Values func(context.Context, Query) ([]float64, error)

	now       func() time.Time // default time.Now
	pollEvery time.Duration    // default pollEvery
}

// Recorder follows one autoscaler from Record to Stop. It is safe for
// concurrent use.
type Recorder struct {
	now       func() time.Time
	pollEvery time.Duration
	values    func(context.Context, Query) ([]float64, error)
	stop      func() // ends all watches and waits for them

	mu         sync.Mutex
	start      time.Time // second 0
	autoscaler Autoscaler
	pods       map[string]bool // by name, without terminating ones: is it ready?
	known      map[string]bool // names of all pods seen so far
	shown      *float64        // the metric in the autoscaler's status
	metricAt   time.Time       // when it was last known
	samples    []sampleAt      // the last one is current
	events     []eventAt
	stopped    bool
}

// Samples and events with absolute times, because second 0 is not known yet.
type (
	sampleAt struct {
		at time.Time
		Sample
	}
	eventAt struct {
		at time.Time
		Event
	}
)

// Record starts watching and returns once the current state is known; it fails
// if that takes longer than the timeout. Recording goes on until Stop or the
// end of the context.
func Record(ctx context.Context, c Config) (*Recorder, error) {
	timeout := cmp.Or(c.Timeout, DefaultTimeout)
	starting, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("the cluster did not answer within %s", timeout))
	defer cancel()
	r := &Recorder{
		now: c.now, pollEvery: cmp.Or(c.pollEvery, pollEvery), values: c.Values, stop: func() {},
		pods: map[string]bool{}, known: map[string]bool{},
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.start = r.now()
	if err := r.begin(ctx, starting, c); err != nil {
		return nil, fmt.Errorf("recording autoscaler %s/%s: %w", c.Namespace, c.HPA, err)
	}
	return r, nil
}

// begin reads what does not change and starts the watches.
func (r *Recorder) begin(ctx, starting context.Context, c Config) error {
	var (
		h          autoscalingv2.HorizontalPodAutoscaler
		deployment appsv1.Deployment
	)
	if err := c.Client.Get(starting, kube.Autoscalers, c.Namespace, c.HPA, &h); err != nil {
		return because(starting, err)
	}
	metric := podsMetric(&h, c.Metric)
	if metric == nil {
		return fmt.Errorf("it does not scale on a metric of the type Pods%s", orName(" called ", c.Metric))
	}
	if target := h.Spec.ScaleTargetRef; target.Kind != "Deployment" {
		return fmt.Errorf("it scales %s %s, and only Deployments can be recorded", target.Kind, target.Name)
	}
	r.autoscaler = Autoscaler{Namespace: c.Namespace, HPA: c.HPA, Deployment: h.Spec.ScaleTargetRef.Name, Metric: metric.Metric.Name}
	if err := c.Client.Get(starting, kube.Deployments, c.Namespace, r.autoscaler.Deployment, &deployment); err != nil {
		return because(starting, err)
	}
	selector, err := metav1.LabelSelectorAsSelector(deployment.Spec.Selector)
	if err != nil {
		return fmt.Errorf("selector of Deployment %s: %w", deployment.Name, err)
	}
	r.autoscaler.SyncPeriod = c.SyncPeriod.Seconds()
	if c.SyncPeriod == 0 {
		r.autoscaler.SyncPeriod = syncPeriod(starting, c.Client).Seconds()
	}
	r.samples = []sampleAt{{at: r.start}}
	query := Query{Namespace: c.Namespace, Metric: r.autoscaler.Metric, Selector: selector.String()}
	r.stop, err = r.watch(ctx, starting, c.Client, query)
	return err
}

func orName(before, name string) string {
	if name == "" {
		return ""
	}
	return before + name
}

// Autoscaler returns the recorded autoscaler, with its current target and
// limits.
func (r *Recorder) Autoscaler() Autoscaler {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.autoscaler
}

// Now returns the current state, with the current time.
func (r *Recorder) Now() Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	present := r.samples[len(r.samples)-1].Sample
	present.T = r.since(r.now())
	return present
}

// SetStart makes the start of the run second 0; without it, second 0 is when
// Record was called. The time must come from time.Now in this process, as the
// engine's does, to be on the recorder's clock.
func (r *Recorder) SetStart(start time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.start = start
}

// Stop ends the recording and returns it, from second 0: the first sample is
// the state at the start of the run, the last one that at its end. A second
// call returns the same.
func (r *Recorder) Stop() Timeline {
	r.mu.Lock()
	if !r.stopped {
		last := r.samples[len(r.samples)-1]
		last.at = r.now()
		r.samples = append(r.samples, last)
		r.stopped = true
	}
	r.mu.Unlock()
	r.stop()

	r.mu.Lock()
	defer r.mu.Unlock()
	line := Timeline{StartedAt: r.start.UTC().Round(0), Autoscaler: r.autoscaler, Samples: []Sample{}, Events: []Event{}}
	for _, s := range r.samples {
		s.T = max(0, r.since(s.at))
		// Before the start, only the last state counts; changes at the same
		// time are one.
		if n := len(line.Samples); n > 0 && line.Samples[n-1].T == s.T {
			line.Samples = line.Samples[:n-1]
		}
		line.Samples = append(line.Samples, s.Sample)
	}
	for _, e := range r.events {
		if e.T = r.since(e.at); e.T >= 0 {
			line.Events = append(line.Events, e.Event)
		}
	}
	return line
}

// since returns seconds, to the millisecond: a watch is no more precise.
func (r *Recorder) since(at time.Time) float64 {
	return float64(at.Sub(r.start).Round(time.Millisecond).Milliseconds()) / 1000
}

// change records a new state, if it differs from the last one.
func (r *Recorder) change(apply func(*Sample)) {
	next := sampleAt{at: r.now(), Sample: r.samples[len(r.samples)-1].Sample}
	apply(&next.Sample)
	last := r.samples[len(r.samples)-1].Sample
	if r.stopped || next.Desired == last.Desired && next.Replicas == last.Replicas && next.Ready == last.Ready && same(next.Metric, last.Metric) {
		return
	}
	r.samples = append(r.samples, next)
}

func same(a, b *float64) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func (r *Recorder) seeAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.Name != r.autoscaler.HPA {
		return
	}
	r.autoscaler.MinReplicas, r.autoscaler.MaxReplicas = 1, int(h.Spec.MaxReplicas)
	if h.Spec.MinReplicas != nil {
		r.autoscaler.MinReplicas = int(*h.Spec.MinReplicas)
	}
	if metric := podsMetric(h, r.autoscaler.Metric); metric != nil && metric.Target.AverageValue != nil {
		r.autoscaler.Target = metric.Target.AverageValue.AsApproximateFloat64()
	}
	var shown *float64
	for _, m := range h.Status.CurrentMetrics {
		if m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil && m.Pods.Metric.Name == r.autoscaler.Metric && m.Pods.Current.AverageValue != nil {
			value := m.Pods.Current.AverageValue.AsApproximateFloat64()
			shown = &value
		}
	}
	r.change(func(s *Sample) {
		s.Desired = int(h.Status.DesiredReplicas)
		// An unchanged status is older than what was polled since.
		if !same(shown, r.shown) {
			s.Metric, r.metricAt = shown, r.now()
		}
	})
	r.shown = shown
}

func (r *Recorder) seePod(p *corev1.Pod) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known[p.Name] = true
	if p.DeletionTimestamp != nil || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		delete(r.pods, p.Name)
	} else {
		r.pods[p.Name] = slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
	}
	r.change(r.countPods)
}

func (r *Recorder) losePod(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pods, name)
	r.change(r.countPods)
}

func (r *Recorder) countPods(s *Sample) {
	s.Replicas, s.Ready = len(r.pods), 0
	for _, ready := range r.pods {
		if ready {
			s.Ready++
		}
	}
}

func (r *Recorder) seeMetric(value *float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.metricAt = r.now()
	r.change(func(s *Sample) { s.Metric = value })
}

// forgetMetric drops a value that is too old to be the current one.
func (r *Recorder) forgetMetric() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Sub(r.metricAt) >= forgetAfter {
		r.change(func(s *Sample) { s.Metric = nil })
	}
}

func (r *Recorder) seeEvent(e *corev1.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || !r.concerns(e) {
		return
	}
	r.events = append(r.events, eventAt{r.now(), Event{
		Type: e.Type, Reason: e.Reason, Object: e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name, Message: e.Message,
	}})
}

// concerns selects the events about replicas: all of the autoscaler and its
// Deployment, and those of a pod that is scheduled, started, killed or in
// trouble.
func (r *Recorder) concerns(e *corev1.Event) bool {
	switch o := e.InvolvedObject; o.Kind {
	case "HorizontalPodAutoscaler":
		return o.Name == r.autoscaler.HPA
	case "Deployment":
		return o.Name == r.autoscaler.Deployment
	case "Pod":
		return r.known[o.Name] && (e.Type == corev1.EventTypeWarning || slices.Contains([]string{"Scheduled", "Started", "Killing"}, e.Reason))
	}
	return false
}
