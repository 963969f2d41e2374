// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/podtimes"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

const (
	idle      = 5               // seconds without a request until no pod is left: the minimum that the activator accepts
	longest   = 3 * time.Minute // one start, and the scale-down to zero before it
	applying  = 5 * time.Minute // terraform apply of the environment
	answering = time.Minute     // one request: longer than the activator holds it
	pause     = time.Second     // before each start, so that work left by the end of the last pod is not measured
	lookAgain = time.Second / 2 // between two polls of what is not watched
)

// The names of the environment's parts with the bundled charts, and the label of bare
// pods, which no Service selects.
const (
	namespace  = "app"
	name       = arena.Deployment // and Service
	monitoring = "monitoring"
	activator  = "activator" // Deployment, and the label of its pods
	floorLabel = "bench-wake"

	activatorMetricsPort = 9915
)

// bench is one run.
type bench struct {
	*arena.Arena
	workload            // the environment's own
	all      []workload // with the peer's
	http     *http.Client
	log      io.Writer
}

// workload is a Deployment without replicas most of the time.
type workload struct {
	observer *observe.Observer
	pods     *podtimes.Watch
	host     string // of requests to it; "" is the URL's
}

// measure makes the environment scale to zero, measures, and restores it.
func measure(ctx context.Context, wakes int, other peer, log io.Writer) (r *results, err error) {
	began := time.Now()
	b, err := open(ctx, log)
	if err != nil {
		return nil, err
	}
	version, err := b.Client.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of Kubernetes: %w", err)
	}
	var stop func()
	if b.workload, stop, err = b.watch(ctx, namespace, name, ""); err != nil {
		return nil, err
	}
	defer stop()
	b.all = []workload{b.workload}
	if other != (peer{}) {
		rival, stop, err := b.watch(ctx, other.namespace, other.deployment, other.host)
		if err != nil {
			return nil, err
		}
		defer stop()
		b.all = append(b.all, rival)
	}
	without, err := b.configuration(ctx)
	if err != nil {
		return nil, err
	}

	r = &results{Machine: figures.ThisMachine(), Cluster: version.GitVersion, Idle: idle, Peer: other.activator}
	defer func() { r.Minutes = time.Since(began).Minutes() }()
	b.say("installing the activator")
	defer func() { err = errors.Join(err, b.putBack(ctx)) }()
	if err := b.apply(ctx, "-var=scale_to_zero=true", fmt.Sprintf("-var=idle_seconds=%d", idle)); err != nil {
		return r, err
	}
	for first := time.Now(); len(r.Bare) < wakes; {
		n := len(r.Bare) + 1
		wake, err := b.wake(ctx, b.workload, b.awaitAside)
		if err != nil {
			return r, fmt.Errorf("wake %d: %w", n, err)
		}
		if r.Peer != "" {
			woken, err := b.wake(ctx, b.all[1], nil)
			if err != nil {
				return r, fmt.Errorf("wake %d by %s: %w", n, r.Peer, err)
			}
			r.PeerWakes = append(r.PeerWakes, woken)
			b.say("%d of %d: a wake by %s took %.2f s", n, wakes, r.Peer, woken.Since[answered])
		}
		bare, err := b.bare(ctx)
		if err != nil {
			return r, fmt.Errorf("bare pod %d: %w", n, err)
		}
		r.Wakes, r.Bare = append(r.Wakes, wake), append(r.Bare, bare)
		left := time.Since(first) / time.Duration(n) * time.Duration(wakes-n)
		b.say("%d of %d: a wake took %.2f s, a bare pod %.2f s; %s left", n, wakes, wake.Since[answered], bare.Since[ready], left.Round(time.Second))
	}
	r.Warm, err = b.warm(ctx, without)
	return r, err
}

// open connects to an environment that does not scale to zero.
func open(ctx context.Context, log io.Writer) (*bench, error) {
	root, err := environment.Root(".")
	if err != nil {
		return nil, err
	}
	env, err := environment.Tool{Root: root, Environ: os.Environ(), Log: log}.Describe(ctx)
	if err != nil {
		return nil, err
	}
	if charts := env.Env["CHARTS"]; charts != "bundled" {
		return nil, fmt.Errorf("CHARTS of cluster %q is %q: NGINX's configuration is read where the bundled charts have it, so choose a CLUSTER with these", env.Cluster, charts)
	}
	a, err := arena.Open(ctx, root, env, log)
	if err != nil {
		return nil, err
	}
	_, err = a.Client.AppsV1().Deployments(monitoring).Get(ctx, activator, metav1.GetOptions{})
	if err == nil {
		return nil, fmt.Errorf("cluster %q already has an activator, and the measurement is compared with a cluster without one: unset TF_VAR_scale_to_zero and run make up", env.Cluster)
	}
	if !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("looking for an activator: %w", err)
	}
	// Each request has a new connection: an open one may belong to an NGINX worker that
	// has the previous configuration.
	client := &http.Client{Timeout: answering, Transport: &http.Transport{DisableKeepAlives: true}}
	return &bench{Arena: a, http: client, log: log}, nil
}

// watch starts the watches of a Deployment and its pods. The returned function stops
// them.
func (b *bench) watch(ctx context.Context, namespace, deployment, host string) (workload, func(), error) {
	observer, stopObserver, err := observe.Start(ctx, observe.Options{Client: b.Client, Namespace: namespace, Name: deployment, Log: func(string, ...any) {}})
	if err != nil {
		return workload{}, nil, err
	}
	pods, stopPods, err := podtimes.Start(ctx, b.Client, namespace)
	if err != nil {
		stopObserver()
		return workload{}, nil, err
	}
	return workload{observer, pods, host}, func() { stopPods(); stopObserver() }, nil
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, time.Now().Format(time.TimeOnly)+"  "+format+"\n", args...)
}

// apply applies the environment's configuration. It is allowed to finish: an interrupt
// at a terminal reaches Terraform too, and a second one would make it abort.
func (b *bench) apply(ctx context.Context, variables ...string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applying)
	defer cancel()
	_, err := program.Output(ctx, b.Env.TerraformDir, nil, "terraform", append([]string{"apply", "-input=false", "-auto-approve"}, variables...)...)
	return err
}

// putBack applies the environment as it was, even after ctx has ended.
func (b *bench) putBack(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applying)
	defer cancel()
	b.say("removing the activator")
	return b.apply(ctx) // removing the activator wakes the application
}

// post sends one request, with another Host header than the URL's if there is one, and
// returns an error unless it succeeds.
func (b *bench) post(ctx context.Context, host, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Env.HTTPURL+path, nil)
	if err != nil {
		return err
	}
	request.Host = cmp.Or(host, request.Host)
	response, err := b.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return fmt.Errorf("POST %s: the answer broke off: %w", path, err)
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s got %s", path, response.Status)
	}
	return nil
}

// quiet waits until no workload has a pod, not even a terminating one.
func (b *bench) quiet(ctx context.Context) error {
	for _, w := range b.all {
		if _, err := w.observer.Await(ctx, longest, "no pod to be left", func(s observe.State) bool { return s.Wanted == 0 && len(s.Pods) == 0 }); err != nil {
			return err
		}
	}
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wake measures the first request from zero. If awaitAside is set, the wake ends when
// the activator has stepped aside, otherwise with the answer.
func (b *bench) wake(ctx context.Context, w workload, awaitAside func(context.Context) (time.Time, error)) (start, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if err := b.quiet(ctx); err != nil {
		return start{}, err
	}
	old, mark, began := w.pods.Known(), w.observer.Mark(), time.Now()
	if err := b.post(ctx, w.host, "/heavywork"); err != nil {
		return start{}, err
	}
	ends := []time.Time{time.Now()}
	if awaitAside != nil {
		at, err := awaitAside(ctx)
		if err != nil {
			return start{}, err
		}
		ends = append(ends, at)
	}
	pod, err := w.pods.AwaitReady(ctx, old)
	if err != nil {
		return start{}, err
	}
	wanted, found := w.observer.Since(mark).First(func(s observe.State) bool { return s.Wanted > 0 })
	if !found {
		return start{}, errors.New("a pod appeared that was not wanted")
	}
	return since(began, append([]time.Time{wanted.At, pod.Created, pod.Scheduled, pod.Started, pod.Ready}, ends...)...), nil
}

// awaitAside waits until no activator is an endpoint, and returns when that was seen.
func (b *bench) awaitAside(ctx context.Context) (time.Time, error) {
	watch, err := b.Client.DiscoveryV1().EndpointSlices(namespace).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name + "-activator"})
	if err != nil {
		return time.Time{}, fmt.Errorf("watching the activator's EndpointSlice: %w", err)
	}
	defer watch.Stop()
	for event := range watch.ResultChan() { // the current state comes first
		slice, ok := event.Object.(*discoveryv1.EndpointSlice)
		if ok && !slices.ContainsFunc(slice.Endpoints, func(e discoveryv1.Endpoint) bool { return e.Conditions.Ready != nil && *e.Conditions.Ready }) {
			return time.Now(), nil
		}
	}
	return time.Time{}, fmt.Errorf("waiting for the activator to step aside: %w", cmp.Or(context.Cause(ctx), errors.New("the watch has ended")))
}

// bare measures the floor.
func (b *bench) bare(ctx context.Context) (s start, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	if err := b.quiet(ctx); err != nil {
		return s, err
	}
	deployment, err := b.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return s, fmt.Errorf("reading the pod template: %w", err)
	}
	defer func() { err = errors.Join(err, b.removeBare(ctx)) }()
	old, began := b.pods.Known(), time.Now()
	if _, err := b.Client.CoreV1().Pods(namespace).Create(ctx, barePod(deployment), metav1.CreateOptions{}); err != nil {
		return s, fmt.Errorf("creating a bare pod: %w", err)
	}
	pod, err := b.pods.AwaitReady(ctx, old)
	if err != nil {
		return s, err
	}
	return since(began, began, pod.Created, pod.Scheduled, pod.Started, pod.Ready), nil
}

// barePod returns a pod of a Deployment's template that neither the Deployment nor a
// Service selects.
func barePod(d *appsv1.Deployment) *corev1.Pod {
	template := d.Spec.Template.DeepCopy()
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: d.Name + "-bare-", Labels: map[string]string{floorLabel: "floor"}, Annotations: template.Annotations},
		Spec:       template.Spec,
	}
}

// removeBare deletes all bare pods, even after ctx has ended, including those of a run
// that was killed. They serve no requests and need not drain.
func (b *bench) removeBare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	pods, bare := b.Client.CoreV1().Pods(namespace), metav1.ListOptions{LabelSelector: floorLabel}
	if err := pods.DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(1))}, bare); err != nil {
		return fmt.Errorf("deleting the bare pod: %w", err)
	}
	return await.Until(ctx, lookAgain, "until the bare pod is gone", func(ctx context.Context) error {
		left, err := pods.List(ctx, bare)
		if err == nil && len(left.Items) > 0 {
			err = fmt.Errorf("%d are left", len(left.Items))
		}
		return err
	})
}
