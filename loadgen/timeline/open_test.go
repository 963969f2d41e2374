// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
)

func named(namespace, name, metric string) *autoscalingv2.HorizontalPodAutoscaler {
	h := autoscaler(1, "")
	h.Namespace, h.Name = namespace, name
	h.Spec.Metrics[0].Pods.Metric.Name = metric
	return h
}

func TestFind(t *testing.T) {
	all := []runtime.Object{named("app", "work", "rate"), named("app", "cpu", "seconds"), named("shop", "cart", "orders"), named("bank", "cart", "orders")}
	for _, test := range []struct {
		name    string
		options Options
		want    string // namespace/name, or part of an error
	}{
		{"by itself", Options{Namespace: "app", Metric: "rate"}, "app/work"},
		{"the only one there", Options{Namespace: "shop"}, "shop/cart"},
		{"by its metric", Options{Metric: "seconds"}, "app/cpu"},
		{"in a namespace", Options{Namespace: "bank", Metric: "orders"}, "bank/cart"},
		{"by its name", Options{HPA: "cart", Namespace: "shop"}, "shop/cart"},
		{"in the namespace of the context", Options{HPA: "cart"}, "here/cart"},
		{"none", Options{Metric: "rain"}, "no autoscaler scales on the pods metric rain"},
		{"several", Options{Metric: "orders"}, "name one of bank/cart, shop/cart"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Timeout = time.Minute
			c, err := find(t.Context(), kubetest.New(all...), "here", test.options)
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want %q", err, test.want)
				}
			} else if got := c.Namespace + "/" + c.HPA; got != test.want {
				t.Errorf("found %s, want %s", got, test.want)
			}
		})
	}
}

func TestFindLooksAtHomeIfItMayNotLookEverywhere(t *testing.T) {
	client := kubetest.New(named("here", "work", "rate"), named("there", "work", "rate"))
	client.PrependReactor("list", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		if action.GetNamespace() == metav1.NamespaceAll {
			return true, nil, apierrors.NewForbidden(action.GetResource().GroupResource(), "", nil)
		}
		return false, nil, nil
	})
	c, err := find(t.Context(), client, "here", Options{Timeout: time.Minute})
	if err != nil || c.Namespace != "here" {
		t.Errorf("found %s/%s, error %v; want here/work", c.Namespace, c.HPA, err)
	}
}

func TestNoClusterIsToldFromABrokenOne(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.WriteFile(broken, []byte("}"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	t.Setenv("KUBECONFIG", filepath.Join(dir, "none"))
	if _, err := Open(t.Context(), Options{}); !errors.Is(err, ErrNoCluster) {
		t.Errorf("without a kubeconfig: %v, want ErrNoCluster", err)
	}
	for _, file := range []string{broken, filepath.Join(dir, "none")} {
		if _, err := Open(t.Context(), Options{Kubeconfig: file}); err == nil || errors.Is(err, ErrNoCluster) || !strings.Contains(err.Error(), file) {
			t.Errorf("with a kubeconfig that cannot be read: %v, want an error that names %s", err, file)
		}
	}
}

func TestAClusterThatDoesNotAnswerCostsTheTimeout(t *testing.T) {
	client := kubetest.New()
	ctx, cancel := context.WithCancel(t.Context())
	client.PrependReactor("list", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		<-ctx.Done()
		return true, nil, errors.New("canceled")
	})
	defer cancel()
	// The fake ignores the context of a call, so its call must be ended here.
	time.AfterFunc(time.Millisecond, cancel)
	_, err := find(t.Context(), client, "here", Options{Timeout: time.Nanosecond})
	if err == nil || !strings.Contains(err.Error(), "did not answer within 1ns") {
		t.Errorf("error is %v, want one that names the timeout", err)
	}
}

func TestServedAsksForThePodsOfTheDeployment(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got, want := r.URL.Path+"?"+r.URL.RawQuery, "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/rate?labelSelector=name%3Dwork"; got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"kind":"MetricValueList","items":[{"value":"9500m"},{"value":"12"}]}`)
	}))
	defer server.Close()
	client, err := kube.New(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	values, err := served(client)(t.Context(), Query{"app", "rate", "name=work"})
	if err != nil || !slices.Equal(values, []float64{9.5, 12}) {
		t.Errorf("values are %v, error %v; want 9.5 and 12", values, err)
	}
}
