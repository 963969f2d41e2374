// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// enforced is how long a new pod may be without its rules, or a new rule without
// effect: enforcement lags behind the API server.
const enforced = 30 * time.Second

// stranger is a pod of a namespace without policies: whatever it cannot reach
// is protected at the other end.
const stranger = "stranger"

// What may connect to what. The table has the arrows of the README's picture, and is
// complete: a source that is not named must be refused. Those that connect prove that
// the target listens.
var paths = []struct {
	target string
	from   []string
}{
	{"app http", []string{"nginx"}},
	{"app metrics", []string{"prometheus"}},
	// NGINX is public. Prometheus may scrape pods anywhere, so it gets there too.
	{"nginx http", []string{stranger, "prometheus"}},
	{"prometheus", []string{"adapter"}},
	// For users. A pod gets no further through it than through Prometheus' own address.
	{"prometheus node port", []string{"adapter"}},
	{"adapter", []string{"prometheus"}},
	{"operator", []string{"prometheus"}},
	{"api server", []string{stranger, "nginx", "prometheus", "operator", "adapter"}},
	{"dns", []string{stranger, "prometheus", "adapter"}},
	{"kubelet", []string{stranger}},
}

func TestNetworkPolicies(t *testing.T) {
	s := suite.Start(t, 3*budget.Answer+budget.PodStart+2*enforced)
	if !s.Places.NetworkPolicies {
		t.Skip("is about network policies, and none were applied")
	}
	machine := s.Node()
	sources := sources(s)
	targets := targets(s, sources)
	want := map[string]bool{}
	for _, path := range paths {
		for source := range sources {
			if name, _, _ := strings.Cut(path.target, " "); name != source {
				want[source+" -> "+path.target] = slices.Contains(path.from, source)
			}
		}
	}

	got := map[string]bool{}
	s.Until(enforced, "until the policies hold", func(ctx context.Context) error {
		for source, address := range sources {
			reached, err := podnet.Reached(ctx, machine, address, slices.Collect(maps.Values(targets)))
			if err != nil {
				return err
			}
			for target, url := range targets {
				got[source+" -> "+target] = reached[url]
			}
		}
		return differences(want, got)
	})

	// The two published addresses work for users, under the same policies.
	if r := s.Send(t, http.MethodPost, "/lightwork"); r.Status != 200 {
		t.Errorf("a request from outside gets %d", r.Status)
	}
	prometheus := s.Prometheus()
	if _, err := prometheus.Scalar(s.Ctx, "vector(1)"); err != nil {
		t.Errorf("Prometheus' page does not answer from outside: %v", err)
	}
}

func differences(want, got map[string]bool) error {
	var wrong []string
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if want[path] != got[path] {
			wrong = append(wrong, fmt.Sprintf("%s is %s", path, map[bool]string{true: "open, want it closed", false: "closed, want it open"}[got[path]]))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d of %d paths are wrong:\n%s", len(wrong), len(want), strings.Join(wrong, "\n"))
	}
	return nil
}

// sources returns the address of one pod of each part, and of a stranger.
func sources(s *suite.Suite) map[string]string {
	s.T.Helper()
	sources := map[string]string{stranger: strangerPod(s)}
	for name, at := range map[string]struct{ namespace, selector string }{
		"app":        {suite.AppNamespace, "app.kubernetes.io/name=heavywork"},
		"nginx":      {"ingress", "app.kubernetes.io/instance=nginx-gateway-fabric"},
		"prometheus": {"monitoring", "app.kubernetes.io/name=prometheus"},
		"operator":   {"monitoring", "app.kubernetes.io/name=prometheus-operator"},
		"adapter":    {"monitoring", "app.kubernetes.io/name=prometheus-adapter"},
	} {
		pods, err := s.Client.CoreV1().Pods(at.namespace).List(s.Ctx, metav1.ListOptions{LabelSelector: at.selector, FieldSelector: "status.phase=Running"})
		if err != nil {
			s.T.Fatal(err)
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp == nil {
				sources[name] = pod.Status.PodIP
			}
		}
		if sources[name] == "" {
			s.T.Fatalf("no pod of %s runs in namespace %s", name, at.namespace)
		}
	}
	return sources
}

// targets returns the URLs of what listens.
func targets(s *suite.Suite, sources map[string]string) map[string]string {
	s.T.Helper()
	api, err := s.Client.CoreV1().Services("default").Get(s.Ctx, "kubernetes", metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	page, err := s.Client.CoreV1().Services("monitoring").Get(s.Ctx, "prometheus", metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	dns, err := s.Client.CoreV1().Services("kube-system").Get(s.Ctx, "kube-dns", metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	nodes, err := s.Client.CoreV1().Nodes().List(s.Ctx, metav1.ListOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	nodeAddress := ""
	for _, address := range nodes.Items[0].Status.Addresses {
		if address.Type == corev1.NodeInternalIP && nodeAddress == "" {
			nodeAddress = address.Address
		}
	}
	return map[string]string{
		"app http":             "http://" + sources["app"] + ":8080",
		"app metrics":          fmt.Sprintf("http://%s:%d", sources["app"], suite.MetricsPort),
		"nginx http":           "http://" + sources["nginx"] + ":80",
		"prometheus":           "http://" + sources["prometheus"] + ":9090",
		"prometheus node port": fmt.Sprintf("http://%s:%d", nodeAddress, page.Spec.Ports[0].NodePort),
		"adapter":              "https://" + sources["adapter"] + ":6443",
		"operator":             "http://" + sources["operator"] + ":8080",
		"api server":           "https://" + api.Spec.ClusterIP,
		"dns":                  "http://" + dns.Spec.ClusterIP + ":53",
		"kubelet":              "https://" + nodeAddress + ":10250",
	}
}

// strangerPod starts a pod in a namespace without policies and returns its address.
func strangerPod(s *suite.Suite) string {
	s.T.Helper()
	deployment, err := s.Client.AppsV1().Deployments(suite.AppNamespace).Get(s.Ctx, suite.AppName, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	template := deployment.Spec.Template.Spec
	template.ServiceAccountName, template.DeprecatedServiceAccount = "", ""
	pods := s.Client.CoreV1().Pods("default")
	pod, err := pods.Create(s.Ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: stranger + "-"}, Spec: template}, metav1.CreateOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(func() {
		now := int64(0)
		if err := pods.Delete(context.WithoutCancel(s.Ctx), pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
			s.T.Errorf("removing the stranger: %v", err)
		}
	})
	address := ""
	s.Until(budget.PodStart, "until the stranger has an address", func(ctx context.Context) error {
		now, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if address = now.Status.PodIP; address == "" {
			return fmt.Errorf("pod %s is %s", pod.Name, now.Status.Phase)
		}
		return nil
	})
	return address
}
