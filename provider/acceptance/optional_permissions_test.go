// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
)

// With permission to watch the config map, the provider waits for other writers to finish, and rolls the adapter once for all; without
// it, it does not see them.
func TestAccProvider_mayNotWatchConfigMaps(t *testing.T) {
	c := begin(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		may    []permission
		writes int // of others, after which they end unless the adapter was rolled before
		sees   bool
	}{
		// Three times the quiet period that the provider waits for, and less than its limit.
		"may":     {but(), 30, true},
		"may not": {but(watchConfigMaps), int(patience / writeEvery), false},
	} {
		t.Run(name, func(t *testing.T) {
			var n int
			late := true
			for try := 1; late && try <= 5; try++ {
				t.Run(fmt.Sprint("try ", try), func(t *testing.T) {
					p, deployment := c.put(t, "rules: []\n"), c.deployment(t)
					a := c.account(t)
					a.allow(t, p.namespace, "", tt.may...)
					dir := folder(t, a.provider(c.endpoint(), p, deployment)+counterRule("watch", "wait = false"))
					destroyAfterwards(t, dir)
					ended := make(chan struct{})
					go func() { defer close(ended); n, late = c.writeBeside(t.Context(), p, deployment, tt.writes) }()
					terraformRun(t, dir, "apply", "-auto-approve")
					<-ended
				})
				if (n == tt.writes) == tt.sees {
					return
				}
			}
			t.Errorf("the adapter was rolled when others had written %d of %d times; want it to wait for them: %t", n, tt.writes, tt.sees)
		})
	}
}

const (
	writeEvery = 100 * time.Millisecond // how often others write
	tooLate    = 500 * time.Millisecond // after the last write; the provider waits for a second without one
)

// writeBeside writes like another process that starts after this one has written a rule, until the adapter is rolled. It returns how
// often it has written, up to the given number of times, and whether the machine was too slow for the provider to wait for it: then the
// result is meaningless.
func (c *cluster) writeBeside(ctx context.Context, p place, deployment string, times int) (n int, late bool) {
	again := time.NewTicker(writeEvery)
	defer again.Stop()
	maps, begun := c.kube.CoreV1().ConfigMaps(p.namespace), false
	last := time.Now()
	for n < times {
		select {
		case <-ctx.Done():
			return n, late
		case <-again.C:
		}
		if !begun {
			cm, err := maps.Get(ctx, p.name, metav1.GetOptions{})
			begun = err == nil && cm.Annotations[connection.RevisionAnnotation] != ""
			last = time.Now()
			continue
		}
		d, err := c.kube.AppsV1().Deployments(p.namespace).Get(ctx, deployment, metav1.GetOptions{})
		if err == nil && d.Spec.Template.Annotations[connection.RevisionAnnotation] != "" {
			return n, late || time.Since(last) > tooLate
		}
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:"of another process %d"}}}`, connection.RevisionAnnotation, n)
		if _, err := maps.Patch(ctx, p.name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err == nil {
			n++
			late = late || time.Since(last) > tooLate
			last = time.Now()
		}
	}
	return n, late
}

// With permission to list Leases, the provider sees that an adapter loads its rules by itself, and does not roll it.
func TestAccProvider_mayNotListLeases(t *testing.T) {
	c := begin(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		may   []permission
		rolls bool
	}{
		"may":     {but(patchDeployments), false},
		"may not": {but(listLeases), true},
	} {
		t.Run(name, func(t *testing.T) {
			p, deployment := c.put(t, "rules: []\n"), c.deployment(t)
			lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: deployment, Labels: map[string]string{reload.Label: deployment}}}
			if _, err := c.kube.CoordinationV1().Leases(p.namespace).Create(t.Context(), lease, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			a := c.account(t)
			a.allow(t, p.namespace, "", tt.may...)
			dir := folder(t, a.provider(c.endpoint(), p, deployment)+counterRule("leases", "wait = false"))
			destroyAfterwards(t, dir)
			terraformRun(t, dir, "apply", "-auto-approve")
			d, err := c.kube.AppsV1().Deployments(p.namespace).Get(t.Context(), deployment, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if rolled := d.Spec.Template.Annotations[connection.RevisionAnnotation] != ""; rolled != tt.rolls {
				t.Errorf("the adapter was rolled: %t, want %t", rolled, tt.rolls)
			}
		})
	}
}

// With permission to watch the Deployment, the provider is notified when it is rolled out; without it, it polls.
func TestAccProvider_mayNotWatchDeployments(t *testing.T) {
	c := begin(t)
	t.Parallel()
	asked := map[string]int64{}
	for name, may := range map[string][]permission{"may": but(), "may not": but(watchDeployments)} {
		t.Run(name, func(t *testing.T) {
			p := c.put(t, "rules: []\n")
			// A paused Deployment is not rolled out.
			deployment := c.deployment(t, func(d *appsv1.Deployment) { d.Spec.Paused, *d.Spec.Replicas = true, 1 })
			var gets atomic.Int64
			api := c.listen(t, func(r *http.Request) {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/deployments/"+deployment) {
					gets.Add(1)
				}
			})
			a := c.account(t)
			a.allow(t, p.namespace, ownMetric, may...)
			config := a.provider(api, p, deployment) + counterRule("watch", waitAtMost("5s"))
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, ExpectError: says("is not ready after 5s")}}})
			asked[name] = gets.Load()
		})
	}
	t.Logf("asked for the Deployment: %v", asked)
	if asked["may"] == 0 || asked["may not"] < asked["may"]+2 {
		t.Errorf("the Deployment was read %d times with a watch and %d times without, want more reads without", asked["may"], asked["may not"])
	}
}

// listen is a proxy to the API server that passes every request to hear.
func (c *cluster) listen(t *testing.T, hear func(*http.Request)) endpoint {
	t.Helper()
	upstream, err := url.Parse(c.config.Host)
	if err != nil {
		t.Fatal(err)
	}
	// The API server must see the token of the account, not that of the tests.
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(c.config))
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // a watch has no end
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(upstream)
			hear(r.In)
		},
	}
	server := httptest.NewTLSServer(proxy) // a token is not sent where it could be read
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return endpoint{server.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))}
}

// The error says why an adapter does not start, as far as the permissions allow.
func TestAccProvider_mayNotExplain(t *testing.T) {
	c := begin(t)
	t.Parallel()
	program, err := c.kube.AppsV1().Deployments(appNamespace).Get(t.Context(), "heavywork", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	image := program.Spec.Template.Spec.Containers[0].Image
	deployment := c.deployment(t, func(d *appsv1.Deployment) {
		*d.Spec.Replicas = 1
		d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "fails", Image: image, ImagePullPolicy: corev1.PullNever, Args: []string{"--no-such-flag"}}}
	})
	c.await(t, "the end of a container that cannot start", func(ctx context.Context) (bool, error) {
		pods, err := c.kube.CoreV1().Pods(c.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + c.unused(t).name})
		ended := err == nil && slices.ContainsFunc(pods.Items, func(pod corev1.Pod) bool {
			return slices.ContainsFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool { return s.State.Terminated != nil || s.RestartCount > 0 })
		})
		return ended, err
	})
	for name, tt := range map[string]struct {
		may  []permission
		says *regexp.Regexp
	}{
		"may":         {but(), says("its last log lines:")},
		"no pods":     {but(listPods), grantThis(listPods, "", c.namespace)},
		"no pods log": {but(getLogs), grantThis(getLogs, "", c.namespace)},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.put(t, "rules: []\n")
			a := c.account(t)
			a.allow(t, p.namespace, "", tt.may...)
			// Long enough for the rollout's own pod to start and end, even on a slow machine.
			config := a.provider(c.endpoint(), p, deployment) + counterRule("why", waitAtMost("15s"))
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, ExpectError: tt.says}}})
		})
	}
}

// The error says why a metrics API does not answer, as far as the permissions allow.
func TestAccProvider_mayNotReadAPIServices(t *testing.T) {
	c := begin(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		may  []permission
		says *regexp.Regexp
	}{
		"may":     {but(), says("there is no APIService v1beta1.external.metrics.k8s.io")},
		"may not": {but(getAPIServices), grantThis(getAPIServices, "", "")},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.put(t, "rules: []\n")
			a := c.account(t)
			a.allow(t, p.namespace, "", tt.may...)
			config := a.provider(c.endpoint(), p, "") + counterRule("api", `kind = "external"`, waitAtMost("3s"))
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{{Config: config, ExpectError: tt.says}}})
		})
	}
}
