// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/apitest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// Paths in the API.
const (
	slicesPath     = "/apis/discovery.k8s.io/v1/namespaces/app/endpointslices"
	podsSlice      = slicesPath + "/web-x1"
	ourSlice       = slicesPath + "/web-activator"
	leasePath      = "/apis/coordination.k8s.io/v1/namespaces/app/leases/web-activator"
	deployment     = "/apis/apps/v1/namespaces/app/deployments/web"
	scalePath      = deployment + "/scale"
	hpaPath        = "/apis/autoscaling/v2/namespaces/app/horizontalpodautoscalers/web"
	servicePath    = "/api/v1/namespaces/app/services/web"
	activatorSlice = "/apis/discovery.k8s.io/v1/namespaces/act/endpointslices/activator-x1"
)

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

// longestLag is the most that a client's view of the endpoints is behind. A terminating
// pod serves until the requests of all such clients have arrived.
const longestLag = 30 * time.Millisecond

// world is a cluster with one workload: an API, a kubelet with real pods, and
// activators, all on ports of the same number.
type world struct {
	t    *testing.T
	api  *apitest.Server
	port int

	startTime time.Duration // of a pod
	noStart   atomic.Bool   // no pod is started
	busy      atomic.Bool   // the workload is not idle, even without requests

	mu     sync.Mutex
	pod    *podServer
	counts map[string]int // requests that pods received, by path
	open   int

	acts []*act

	serving atomic.Int32 // pods that accept requests, terminating ones included
	lagging atomic.Int32 // clients that have chosen an endpoint and not been answered yet
}

type object = map[string]any

func newWorld(t *testing.T) *world {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, api: apitest.New(t), port: probe.Addr().(*net.TCPAddr).Port, startTime: 20 * time.Millisecond, counts: map[string]int{}}
	_ = probe.Close()
	w.api.Set(servicePath, object{
		"apiVersion": "v1", "kind": "Service",
		"spec": object{"selector": object{"app": "web"}, "clusterIP": "10.0.0.1", "ports": []object{{"name": "http", "port": 80, "targetPort": w.port, "protocol": "TCP"}}},
	})
	w.api.Set(deployment, object{"apiVersion": "apps/v1", "kind": "Deployment", "spec": object{"replicas": 1}})
	w.api.Set(hpaPath, object{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "status": object{"desiredReplicas": 1}})
	w.api.Set(leasePath, object{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"})
	w.setSlice(ourSlice, "web", "activator.nginx-prometheus-hpa", nil)
	w.setSlice(podsSlice, "web", "endpointslice-controller.k8s.io", nil)
	w.setSlice(activatorSlice, "activator", "endpointslice-controller.k8s.io", nil)
	w.startPod()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); w.kubelet(ctx) }()
	t.Cleanup(func() {
		for _, a := range w.acts {
			a.kill()
		}
		cancel()
		<-ended
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.pod != nil {
			_ = w.pod.Close()
		}
	})
	return w
}

// setSlice writes a slice with ready endpoints and with others.
func (w *world) setSlice(path, service, manager string, ready []string, notReady ...string) {
	endpoints := []object{}
	for _, address := range ready {
		endpoints = append(endpoints, object{"addresses": []string{address}, "conditions": object{"ready": true}})
	}
	for _, address := range notReady {
		endpoints = append(endpoints, object{"addresses": []string{address}, "conditions": object{"ready": false}})
	}
	w.api.Set(path, object{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": endpoints,
		"metadata": object{"labels": object{discoveryv1.LabelServiceName: service, discoveryv1.LabelManagedBy: manager}},
		"ports":    []object{{"name": "http", "port": w.port, "protocol": "TCP"}},
	})
}

type podServer struct {
	*http.Server
	ip string
}

var podNumber atomic.Int32

func (w *world) podSlice(ready bool, ip string) {
	if ready {
		w.setSlice(podsSlice, "web", "endpointslice-controller.k8s.io", []string{ip})
		return
	}
	w.setSlice(podsSlice, "web", "endpointslice-controller.k8s.io", nil, ip)
}

// startPod starts a pod, each with a new address.
func (w *world) startPod() {
	ip := fmt.Sprintf("127.0.1.%d", podNumber.Add(1)%250+1)
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, fmt.Sprint(w.port)))
	if err != nil {
		w.t.Error(err)
		return
	}
	pod := &podServer{&http.Server{Handler: http.HandlerFunc(w.serve)}, ip}
	w.serving.Add(1)
	go func() { _ = pod.Serve(listener) }()
	w.mu.Lock()
	w.pod = pod
	w.mu.Unlock()
	w.podSlice(true, ip)
}

// serve is the workload. It echoes the body, so it answers once the client ends the body.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.open++
	w.counts[r.URL.Path]++
	w.mu.Unlock()
	_, _ = io.Copy(rw, r.Body)
	w.mu.Lock()
	w.open--
	w.mu.Unlock()
}

func (w *world) count(path string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[path]
}

// idle is the activity as a Prometheus without delay would see it.
func (w *world) idle(context.Context) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open == 0 && !w.busy.Load(), nil
}

func (w *world) inFlight(context.Context, []string) (float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return float64(w.open), nil
}

func (w *world) replicas() int64 {
	n, _, _ := unstructured.NestedInt64(w.api.Get(deployment).Object, "spec", "replicas")
	return n
}

func (w *world) setReplicas(n int64) {
	w.api.Change(deployment, func(o map[string]any) { _ = unstructured.SetNestedField(o, n, "spec", "replicas") })
}

// kubelet runs as many pods as wanted, 0 or 1.
func (w *world) kubelet(ctx context.Context) {
	var stopping sync.WaitGroup
	defer stopping.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Millisecond):
		}
		w.mu.Lock()
		pod := w.pod
		w.mu.Unlock()
		switch wanted := w.replicas(); {
		case wanted == 0 && pod != nil:
			w.mu.Lock()
			w.pod = nil
			w.mu.Unlock()
			w.podSlice(false, pod.ip)
			stopping.Go(func() {
				for w.lagging.Load() > 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				_ = pod.Shutdown(context.Background())
				w.serving.Add(-1)
			})
		case wanted > 0 && pod == nil && !w.noStart.Load():
			time.Sleep(w.startTime)
			w.startPod()
		}
	}
}

// act is one replica of the activator.
type act struct {
	*Controller
	w    *world
	ip   string
	name string
	stop func()
}

var quick = Times{Idle: 50 * time.Millisecond, Look: 5 * time.Millisecond, Steady: 20 * time.Millisecond, Settle: 4 * time.Second}

// activators starts n activators. change may change the settings of each.
func (w *world) activators(n int, change func(i int, s *Settings)) []*act {
	w.t.Helper()
	var addresses []string
	for i := range n {
		addresses = append(addresses, actAddress(i))
	}
	w.setSlice(activatorSlice, "activator", "endpointslice-controller.k8s.io", addresses)
	for i := range n {
		w.start(i, change)
	}
	for _, a := range w.acts {
		until(w.t, "the activators' caches have synced", a.Cluster.Synced)
	}
	return w.acts
}

func actAddress(i int) string { return fmt.Sprintf("127.0.2.%d", i+1) }

func (w *world) start(i int, change func(i int, s *Settings)) *act {
	name := fmt.Sprintf("activator-%d", i)
	kube, err := kubernetes.NewForConfig(w.api.Config(name))
	if err != nil {
		w.t.Fatal(err)
	}
	dyn, err := dynamic.NewForConfig(w.api.Config(name))
	if err != nil {
		w.t.Fatal(err)
	}
	service := config.Service{
		Namespace: "app", Name: "web", Port: w.port, Autoscaler: "web", HoldSeconds: 50, MaxHeld: 10000,
		Workload: config.Workload{Group: "apps", Version: "v1", Resource: "deployments", Name: "web"},
	}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("ACTIVATOR_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil)).With("pod", name)
	}
	s := Settings{
		Service: service, Metrics: metrics.New().For("app", "web"), Log: log, Times: quick, Pod: name, Idle: w.idle, InFlight: w.inFlight,
		Cluster: cluster.New(kube, dyn, service, cluster.Self{Namespace: "act", Service: "activator", Pod: name}),
	}
	if change != nil {
		change(i, &s)
	}
	a := &act{Controller: New(s), w: w, ip: actAddress(i), name: name}
	listener, err := net.Listen("tcp", net.JoinHostPort(a.ip, fmt.Sprint(w.port)))
	if err != nil {
		w.t.Fatal(err)
	}
	server := a.Gate.Server(log)
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = server.Serve(listener) })
	parts.Go(func() { a.Run(ctx) })
	a.stop = sync.OnceFunc(func() { cancel(); _ = server.Close(); parts.Wait() })
	w.acts = append(w.acts, a)
	return a
}

// kill ends an activator with all that it holds.
func (a *act) kill() { a.stop() }

// announceDeath makes all other activators the ready endpoints of their Service.
func (w *world) announceDeath(of *act) {
	var ready []string
	for _, a := range w.acts {
		if a != of {
			ready = append(ready, a.ip)
		}
	}
	w.setSlice(activatorSlice, "activator", "endpointslice-controller.k8s.io", ready)
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// targets returns the ready endpoints of the Service, as NGINX sees them.
func (w *world) targets() []string {
	var found []string
	for _, o := range w.api.Under(slicesPath) {
		if o.GetLabels()[discoveryv1.LabelServiceName] == "web" {
			found = append(found, w.readyIn(o)...)
		}
	}
	return found
}

// readyIn returns the ready endpoints of a slice.
func (w *world) readyIn(o *unstructured.Unstructured) (found []string) {
	var slice discoveryv1.EndpointSlice
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &slice); err != nil {
		w.t.Error(err)
	}
	for _, e := range slice.Endpoints {
		if e.Conditions.Ready != nil && *e.Conditions.Ready {
			found = append(found, net.JoinHostPort(e.Addresses[0], fmt.Sprint(w.port)))
		}
	}
	return found
}

var errNoEndpoint = errors.New("the Service has no endpoint")

var client = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

// get sends a request to one of the endpoints as they were lag ago, because NGINX takes
// some time to learn of changes.
func (w *world) get(path string, lag time.Duration, choose func(n int) int) error {
	w.lagging.Add(1)
	defer w.lagging.Add(-1)
	targets := w.targets()
	if len(targets) == 0 {
		return errNoEndpoint
	}
	target := targets[choose(len(targets))]
	time.Sleep(lag)
	return w.getFrom(target, path)
}

func (w *world) getFrom(target, path string) error {
	answer, err := client.Get("http://" + target + path)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", target, answer.Status)
	}
	return nil
}

// get sends a request to this activator. Pods keep serving while one is in flight, as in
// a drain: a connection in the backlog of a closing listener would be reset.
func (a *act) get(path string) error {
	a.w.lagging.Add(1)
	defer a.w.lagging.Add(-1)
	return a.w.getFrom(net.JoinHostPort(a.ip, fmt.Sprint(a.w.port)), path)
}

func (w *world) leaseState() string {
	return w.api.Get(leasePath).GetAnnotations()["nginx-prometheus-hpa/activator-state"]
}

// armed returns how many endpoints of the activators' slice are ready.
func (w *world) armed() int {
	text, _ := json.Marshal(w.api.Get(ourSlice).Object["endpoints"])
	return strings.Count(string(text), `"ready":true`)
}

// asleep waits until the workload is at zero, with all activators as its endpoints, and
// its pod is gone: a request that reached a terminating pod would wake nothing.
func (w *world) asleep() {
	w.t.Helper()
	until(w.t, "the workload sleeps", func() bool {
		return w.replicas() == 0 && w.serving.Load() == 0 && w.armed() == len(w.acts) && len(w.targets()) == len(w.acts)
	})
}

// awake waits until the workload is up and the activators are no endpoints.
func (w *world) awake() {
	w.t.Helper()
	until(w.t, "the workload is up and the activators have stepped aside", w.isAwake)
}

func (w *world) isAwake() bool {
	return w.replicas() == 1 && w.armed() == 0 && w.leaseState() == "awake" && len(w.targets()) == 1
}

// writes describes the activators' writes since the given one.
func (w *world) writes(since int) []string {
	var words []string
	for _, write := range w.api.Writes()[since:] {
		switch write.Path {
		case ourSlice:
			text, _ := json.Marshal(write.Object.Object["endpoints"])
			words = append(words, map[bool]string{true: "slice armed", false: "slice disarmed"}[strings.Contains(string(text), `"ready":true`)])
		case leasePath:
			words = append(words, "record "+write.Object.GetAnnotations()["nginx-prometheus-hpa/activator-state"])
		case scalePath:
			n, _, _ := unstructured.NestedInt64(write.Object.Object, "spec", "replicas")
			words = append(words, fmt.Sprint("replicas ", n))
		default:
			words = append(words, write.Path)
		}
	}
	return words
}
