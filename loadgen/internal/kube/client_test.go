// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// api answers requests like an API server, each address with one object.
func api(t *testing.T, answers map[string]any) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		address := r.URL.Path
		if r.URL.RawQuery != "" {
			address += "?" + r.URL.RawQuery
		}
		answer, ok := answers[address]
		if !ok {
			t.Logf("asked for %s", address)
			w.WriteHeader(http.StatusNotFound)
			answer = metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: "there is no such thing"}
		}
		if text, ok := answer.(string); ok {
			_, _ = io.WriteString(w, text)
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	client, err := New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

func TestObjectsAreReadWhereTheAPIHasThem(t *testing.T) {
	client := api(t, map[string]any{
		"/apis/autoscaling/v2/namespaces/app/horizontalpodautoscalers/work": autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: named("one")},
		"/apis/autoscaling/v2/horizontalpodautoscalers":                     autoscalingv2.HorizontalPodAutoscalerList{Items: []autoscalingv2.HorizontalPodAutoscaler{{ObjectMeta: named("everywhere")}}},
		"/api/v1/namespaces/app/pods?labelSelector=name%3Dwork":             corev1.PodList{Items: []corev1.Pod{{ObjectMeta: named("selected")}}},
		"/api/v1/namespaces/app/pods/a/log?container=main":                  "what it wrote",
		"/apis/group/v1/rate?labelSelector=name%3Dwork":                     "a number",
	})
	var (
		one        autoscalingv2.HorizontalPodAutoscaler
		everywhere autoscalingv2.HorizontalPodAutoscalerList
		selected   corev1.PodList
	)
	if err := client.Get(t.Context(), Autoscalers, "app", "work", &one); err != nil || one.Name != "one" {
		t.Errorf("got %q, error %v", one.Name, err)
	}
	if err := client.List(t.Context(), Autoscalers, "", metav1.ListOptions{}, &everywhere); err != nil || everywhere.Items[0].Name != "everywhere" {
		t.Errorf("listed %v, error %v", everywhere.Items, err)
	}
	if err := client.List(t.Context(), Pods, "app", metav1.ListOptions{LabelSelector: "name=work"}, &selected); err != nil || selected.Items[0].Name != "selected" {
		t.Errorf("listed %v, error %v", selected.Items, err)
	}
	if log, err := client.Log(t.Context(), "app", "a", "main"); err != nil {
		t.Error(err)
	} else if text, err := io.ReadAll(log); err != nil || string(text) != "what it wrote" {
		t.Errorf("the log is %q, error %v", text, err)
	}
	if text, err := client.Raw(t.Context(), "/apis/group/v1/rate", "name=work"); err != nil || string(text) != "a number" {
		t.Errorf("raw is %q, error %v", text, err)
	}
}

func TestErrorsAreThoseOfTheServer(t *testing.T) {
	err := api(t, nil).Get(t.Context(), Pods, "app", "none", &corev1.Pod{})
	if !apierrors.IsNotFound(err) || !strings.Contains(err.Error(), "there is no such thing") {
		t.Errorf("error is %v, want the server's own", err)
	}
}

func TestAWatchReportsObjects(t *testing.T) {
	event := func(kind, object string) string {
		return `{"type":"` + kind + `","object":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"` + object + `"}}}` + "\n"
	}
	client := api(t, map[string]any{
		"/api/v1/namespaces/app/pods?resourceVersion=7&watch=true": event("ADDED", "a") + event("DELETED", "b"),
	})
	changes, err := client.Watch(t.Context(), Pods, "app", metav1.ListOptions{ResourceVersion: "7"})
	if err != nil {
		t.Fatal(err)
	}
	defer changes.Stop()
	for _, want := range []struct {
		kind watch.EventType
		name string
	}{{watch.Added, "a"}, {watch.Deleted, "b"}} {
		got := <-changes.ResultChan()
		if pod, ok := got.Object.(*corev1.Pod); got.Type != want.kind || !ok || pod.Name != want.name {
			t.Errorf("change is %s %+v, want %s of pod %s", got.Type, got.Object, want.kind, want.name)
		}
	}
}

// This package exists to avoid these: a single import anywhere in the command
// would link them.
func TestTheCommandDoesNotLinkTheClientset(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen")
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(packages)) {
		if strings.HasPrefix(name, "k8s.io/client-go/kubernetes") || strings.HasPrefix(name, "k8s.io/client-go/informers") {
			t.Errorf("loadgen links %s", strings.TrimSpace(name))
		}
	}
}
