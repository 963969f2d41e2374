// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/apitest"
)

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

const (
	address    = "127.0.3.1" // of the activator
	podAddress = "127.0.3.2"
	deployment = "/apis/apps/v1/namespaces/app/deployments/web"
	slicesPath = "/apis/discovery.k8s.io/v1/namespaces/"
)

type object = map[string]any

// freePort returns a port that is free on the test's address.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Skipf("this system has no address %s: %v", address, err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// get returns the status and the body, or 0 and the error.
func get(url string) (int, string) {
	answer, err := (&http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}

// A request that is held when the stop signal arrives still wakes the workload and is answered.
func TestFromStartToAStopThatLosesNothing(t *testing.T) {
	port, metricsPort := freePort(t), freePort(t)
	api := apitest.New(t)
	slice := func(namespace, name, service, manager string, addresses ...string) {
		endpoints := []object{}
		if len(addresses) > 0 {
			endpoints = append(endpoints, object{"addresses": addresses, "conditions": object{"ready": true}})
		}
		api.Set(slicesPath+namespace+"/endpointslices/"+name, object{
			"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": endpoints,
			"metadata": object{"labels": object{discoveryv1.LabelServiceName: service, discoveryv1.LabelManagedBy: manager}},
			"ports":    []object{{"name": "http", "port": port, "protocol": "TCP"}},
		})
	}
	api.Set("/api/v1/namespaces/app/services/web", object{
		"apiVersion": "v1", "kind": "Service", "spec": object{"selector": object{"app": "web"}, "ports": []object{{"name": "http", "port": 80, "targetPort": port}}},
	})
	api.Set(deployment, object{"apiVersion": "apps/v1", "kind": "Deployment", "spec": object{"replicas": 0}})
	api.Set("/apis/coordination.k8s.io/v1/namespaces/app/leases/web-activator", object{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"})
	slice("app", "web-activator", "web", "activator.nginx-prometheus-hpa")
	slice("act", "activator-x", "activator", "endpointslice-controller.k8s.io", address)

	file := filepath.Join(t.TempDir(), "config.yaml")
	config := fmt.Sprintf("prometheus_url: http://127.0.0.1:1\nservices: [{namespace: app, service: web, port: %d, activity: sum(x), hold_seconds: 59}]\n", port)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("POD_NAME", "activator-1")
	t.Setenv("POD_NAMESPACE", "act")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	var log syncBuilder
	kubeconfig := api.Kubeconfig(t)
	go func() {
		ended <- Run(ctx, []string{"--config=" + file, "--kubeconfig=" + kubeconfig, "--address=" + address, fmt.Sprint("--metrics-port=", metricsPort), "--drain=1s", "--shutdown-timeout=60s"}, io.Discard, &log)
	}()
	operations := fmt.Sprintf("http://%s:%d", address, metricsPort)
	until(t, "it is ready", func() bool { status, _ := get(operations + "/readyz"); return status == 200 })
	if status, _ := get(operations + "/healthz"); status != 200 {
		t.Errorf("/healthz: got %d", status)
	}
	metric := func(line string) bool {
		_, page := get(operations + "/metrics")
		return strings.Contains(page, "\n"+line+"\n")
	}
	for _, line := range []string{
		`activator_held_requests{backend_namespace="app",backend_service="web"} 0`,
		`activator_requests_total{backend_namespace="app",backend_service="web",result="passed"} 0`,
		`activator_scalings_total{backend_namespace="app",backend_service="web",for="wake"} 0`,
		`activator_scaling_failures_total{backend_namespace="app",backend_service="web",for="wake"} 0`,
		`activator_held_seconds_count{backend_namespace="app",backend_service="web",result="served"} 0`,
		`activator_sleep_refused{backend_namespace="app",backend_service="web"} 0`,
	} {
		if !metric(line) {
			t.Errorf("/metrics must have from the start: %s", line)
		}
	}

	type answer struct {
		status int
		body   string
	}
	answered := make(chan answer, 1)
	go func() {
		status, body := get(fmt.Sprintf("http://%s:%d/", address, port))
		answered <- answer{status, body}
	}()
	until(t, "it is held", func() bool {
		return metric(`activator_held_requests{backend_namespace="app",backend_service="web"} 1`)
	})
	stop()
	until(t, "it is not ready", func() bool { status, _ := get(operations + "/readyz"); return status == 503 })
	until(t, "the workload is woken", func() bool {
		n, _, _ := unstructured.NestedInt64(api.Get(deployment).Object, "spec", "replicas")
		return n == 1
	})
	pod := &http.Server{Addr: fmt.Sprintf("%s:%d", podAddress, port), Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "pod") })}
	go func() { _ = pod.ListenAndServe() }()
	t.Cleanup(func() { _ = pod.Close() })
	slice("app", "web-x", "web", "endpointslice-controller.k8s.io", podAddress)
	if got := <-answered; got != (answer{200, "pod"}) {
		t.Errorf("got %+v", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("the program ended with %v; log:\n%s", err, log.String())
	}
}

// syncBuilder is a strings.Builder that is safe for concurrent use.
type syncBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *syncBuilder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *syncBuilder) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestRefusals(t *testing.T) {
	t.Setenv("POD_NAME", "")
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte("prometheus_url: http://p:1\nservices: [{namespace: app, service: web, port: 80, activity: sum(x)}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"no configuration", "--config is missing", nil},
		{"an argument", "only flags are accepted", []string{"--config=x", "serve"}},
		{"an unknown flag", "see --help", []string{"--hold=3"}},
		{"a negative drain", "--drain -1s: must be", []string{"--config=x", "--drain=-1s"}},
		{"no time to stop", "--shutdown-timeout 0s: must be", []string{"--config=x", "--shutdown-timeout=0s"}},
		{"no file", "reading the configuration", []string{"--config=/nowhere"}},
		{"a Service on the port of the metrics", "services[0] (app/web): port 80 is that of the activator's own metrics", []string{"--config=" + file, "--metrics-port=80"}},
		{"no name of a pod", "POD_NAMESPACE and POD_NAME are missing", []string{"--config=" + file}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := Run(t.Context(), tt.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	var help strings.Builder
	if err := Run(t.Context(), []string{"--help"}, &help, io.Discard); err != nil || !strings.Contains(help.String(), "-config") {
		t.Errorf("help: error %v, text %q", err, help.String())
	}
}
