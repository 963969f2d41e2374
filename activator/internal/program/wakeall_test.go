// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/apitest"
)

// asleepAndStopped sets up the workload web, scaled to zero by an activator, and db, scaled to zero by hand.
func asleepAndStopped(t *testing.T) (api *apitest.Server, args []string, state func(service, state string, armed bool)) {
	t.Helper()
	t.Setenv("POD_NAME", "wake")
	t.Setenv("POD_NAMESPACE", "act")
	api = apitest.New(t)
	state = func(service, state string, armed bool) {
		api.Set(slicesPath+"app/endpointslices/"+service+"-activator", object{
			"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": object{"labels": object{discoveryv1.LabelServiceName: service}},
			"endpoints": []object{{"addresses": []string{address}, "conditions": object{"ready": armed}}},
		})
		api.Set("/apis/coordination.k8s.io/v1/namespaces/app/leases/"+service+"-activator", object{
			"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": object{"annotations": object{"nginx-prometheus-hpa/activator-state": state}},
		})
	}
	config := "prometheus_url: http://127.0.0.1:1\nservices:\n"
	for i, service := range []string{"web", "db"} {
		config += fmt.Sprintf("- {namespace: app, service: %s, port: %d, activity: sum(x)}\n", service, 8080+i)
		api.Set("/apis/apps/v1/namespaces/app/deployments/"+service, object{"apiVersion": "apps/v1", "kind": "Deployment", "spec": object{"replicas": 0}})
	}
	state("web", "down", true)
	state("db", "awake", true)
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return api, []string{"--config=" + file, "--kubeconfig=" + api.Kubeconfig(t)}, state
}

func replicasOf(api *apitest.Server, name string) int64 {
	n, _, _ := unstructured.NestedInt64(api.Get("/apis/apps/v1/namespaces/app/deployments/"+name).Object, "spec", "replicas")
	return n
}

// Workloads scaled to zero by an activator are woken, until no activator is an endpoint any
// more. A workload scaled to zero by hand stays at zero.
func TestWakeAll(t *testing.T) {
	api, args, state := asleepAndStopped(t)
	var looks atomic.Int32
	api.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == slicesPath+"app/endpointslices/web-activator" {
			looks.Add(1)
		}
		return false
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Run(context.WithoutCancel(t.Context()), append(args, "--wake-all=1m"), io.Discard, io.Discard)
	}()
	until(t, "web is woken", func() bool { return replicasOf(api, "web") == 1 })
	state("web", "awake", true) // the slice is written after the Lease
	seen := looks.Load()
	until(t, "it has checked again", func() bool {
		select {
		case <-ended:
			t.Fatal("it ended while the activators were endpoints")
		default:
		}
		return looks.Load() >= seen+2
	})
	state("web", "awake", false)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := replicasOf(api, "db"); n != 0 {
		t.Errorf("the workload scaled to zero by hand has %d replicas", n)
	}
}

// A workload that does not become ready must not block uninstalling the activator.
func TestWakeAllGivesUp(t *testing.T) {
	api, args, _ := asleepAndStopped(t)
	var log syncBuilder
	if err := Run(t.Context(), append(args, "--wake-all=3s"), io.Discard, &log); err != nil || !strings.Contains(log.String(), "not up in time") {
		t.Errorf("error %v, log %s", err, log.String())
	}
	if n := replicasOf(api, "web"); n != 1 {
		t.Errorf("the workload has %d replicas, want it woken", n)
	}
}
