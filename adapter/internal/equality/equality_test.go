// SPDX-License-Identifier: Apache-2.0

// Package equality sends this adapter and prometheus-adapter the same requests.
package equality

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	cmprov "sigs.k8s.io/prometheus-adapter/pkg/custom-provider"
	extprov "sigs.k8s.io/prometheus-adapter/pkg/external-provider"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/objects"
	ours "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/serving"
)

const maxAge = time.Minute

// both is the two programs' providers, with the same Prometheus and the same objects.
type both struct {
	old, now interface {
		provider.CustomMetricsProvider
		provider.ExternalMetricsProvider
	}
}

type oldProviders struct {
	provider.CustomMetricsProvider
	provider.ExternalMetricsProvider
}

func TestSameAnswers(t *testing.T) {
	server := promtest.New(t)
	server.At = time.Now().Truncate(time.Millisecond)
	fill(t, server)
	text, err := os.ReadFile("testdata/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b := start(t, server, text)
	custom := compareLists(t, "custom metrics", b.old.ListAllMetrics(), b.now.ListAllMetrics())
	external := compareLists(t, "external metrics", b.old.ListAllExternalMetrics(), b.now.ListAllExternalMetrics())
	t.Logf("%d custom and %d external metrics", len(custom), len(external))

	asked := 0
	for _, info := range custom {
		for _, namespace := range []string{"ns", "other"} {
			if !info.Namespaced {
				namespace = ""
			}
			for _, selector := range []string{"", "code=500", "code!=500", "code in (200,500)", "code", "!code", "code in (5.0)"} {
				parsed := parse(t, selector)
				for _, name := range []string{"a", "b", "a.b", "none", "ns"} {
					asked++
					compare(t, fmt.Sprintf("%s of %s/%s where %q", info, namespace, name, selector), b, func(p provider.CustomMetricsProvider) (any, error) {
						return p.GetMetricByName(t.Context(), types.NamespacedName{Namespace: namespace, Name: name}, info, parsed)
					})
				}
				for _, of := range []string{"", "app=web", "app=none"} {
					asked++
					compare(t, fmt.Sprintf("%s of those with %q in %q where %q", info, of, namespace, selector), b, func(p provider.CustomMetricsProvider) (any, error) {
						return p.GetMetricBySelector(t.Context(), namespace, parse(t, of), info, parsed)
					})
				}
			}
		}
	}
	for _, info := range external {
		for _, namespace := range []string{"ns", "default"} {
			for _, selector := range []string{"", "queue=mail", "queue in (mail,print)", "queue notin (mail)", "!queue"} {
				asked++
				parsed := parse(t, selector)
				compare(t, fmt.Sprintf("%s in %s where %q", info.Metric, namespace, selector), b, func(p provider.CustomMetricsProvider) (any, error) {
					return p.(provider.ExternalMetricsProvider).GetExternalMetric(t.Context(), namespace, parsed, info)
				})
			}
		}
	}
	t.Logf("%d questions", asked)
}

// compareLists compares sets: prometheus-adapter's order is random.
func compareLists[T comparable](t *testing.T, what string, old, now []T) []T {
	t.Helper()
	for _, one := range old {
		if !slices.Contains(now, one) {
			t.Errorf("%s: %v is listed only by prometheus-adapter", what, one)
		}
	}
	for _, one := range now {
		if !slices.Contains(old, one) {
			t.Errorf("%s: %v is not listed by prometheus-adapter", what, one)
		}
	}
	return now
}

func compare(t *testing.T, what string, b both, ask func(provider.CustomMetricsProvider) (any, error)) {
	t.Helper()
	old, oldErr := ask(b.old)
	now, nowErr := ask(b.now)
	if wanted(t, old, nowErr) {
		return
	}
	if fmt.Sprint(oldErr) != fmt.Sprint(nowErr) {
		t.Errorf("%s:\nprometheus-adapter %v, %v\nthis             %v, %v", what, encode(t, old), oldErr, encode(t, now), nowErr)
		return
	}
	if oldErr == nil && encode(t, old) != encode(t, now) {
		t.Errorf("%s:\nprometheus-adapter %s\nthis             %s", what, encode(t, old), encode(t, now))
	}
}

// wanted reports whether answers differ on purpose: prometheus-adapter turned a sample that
// is not a number, or that a quantity cannot hold, into the smallest or an arbitrary number.
func wanted(t *testing.T, old any, nowErr error) bool {
	return apierrors.IsInternalError(nowErr) && strings.Contains(encode(t, old), "-9223372036854775808m")
}

// encode omits times, which differ between two requests.
func encode(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			delete(node, "Timestamp")
			delete(node, "timestamp")
			for _, child := range node {
				strip(child)
			}
		case []any:
			for _, child := range node {
				strip(child)
			}
		}
	}
	strip(tree)
	data, err = json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func parse(t *testing.T, selector string) labels.Selector {
	t.Helper()
	parsed, err := labels.Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// fill stores the series that the rules select.
func fill(t *testing.T, s *promtest.Server) {
	now := time.Now().Truncate(time.Second)
	begin, end := now.Add(-10*time.Minute), now.Add(10*time.Minute)
	add := func(series string, step float64) { s.Add(t, series, begin, end, 0, step) }
	steady := func(series string, value float64) { s.Add(t, series, begin, end, value, 0) }
	for i, pod := range []string{"a", "b", "a.b", "axb"} {
		for _, code := range []string{"200", "500"} {
			of := fmt.Sprintf(`{namespace="ns",pod=%q,service="web",code=%q}`, pod, code)
			add("http_requests_total"+of, float64(3+i))
			add("still_total"+of, 0)
			add("two_labels_total"+of, 0)
			for n, le := range []string{"0.1", "1", "+Inf"} {
				add(fmt.Sprintf(`latency_seconds_bucket{namespace="ns",pod=%q,code=%q,le=%q}`, pod, code, le), float64(n+i))
			}
			add("latency_seconds_sum"+of, float64(i))
			add("latency_seconds_count"+of, float64(2+i))
		}
		of := fmt.Sprintf(`{namespace="ns",pod=%q}`, pod)
		steady(`team_of_pod`+fmt.Sprintf(`{namespace="ns",pod=%q,team="red"}`, pod), 1)
		for _, name := range []string{"http_in_flight", "http_open", "job:http_requests:rate1m", "Upper_Case", "first_total", "second_total"} {
			steady(name+of, float64(i)+0.57)
		}
		steady(fmt.Sprintf(`{"http.requests",namespace="ns",pod=%q}`, pod), float64(i))
		s.Add(t, "gone_total"+of, begin, now.Add(-20*time.Second), 0, 1)
		s.Add(t, "long_gone_total"+of, begin, now.Add(-2*maxAge), 0, 1)
	}
	steady(`two_labels_total{namespace="ns"}`, 4)
	for _, name := range []string{"a", "b"} {
		steady(fmt.Sprintf(`node_load{node=%q}`, name), 0.5)
		steady(fmt.Sprintf(`volume_used{persistentvolume=%q}`, name), 1e9)
		steady(fmt.Sprintf(`kube_deployment_status{namespace="ns",deployment=%q}`, name), 3)
		steady(fmt.Sprintf(`kube_replicas{kube_apps_deployment=%q,kube__namespace="ns",kube_core_pod="x",namespace="ns"}`, name), 3)
		add(fmt.Sprintf(`exported_total{exported_namespace="ns",exported_pod=%q,namespace="monitoring",pod="x"}`, name), 2)
		add(fmt.Sprintf(`ingress_requests_total{namespace="ns",ingress=%q}`, name), 2)
		steady(fmt.Sprintf(`widget_total{namespace="ns",widget=%q}`, name), 3)
		steady(fmt.Sprintf(`job_runs_total{namespace="ns",job=%q,cronjob="c"}`, name), 3)
		steady(fmt.Sprintf(`mixed_total{ns="ns",pod=%q,namespace="x"}`, name), 3)
	}
	steady(`quota_used{namespace="ns"}`, 12)
	steady(`quota_used{namespace="a"}`, 13)
	for i, queue := range []string{"mail", "print"} {
		steady(fmt.Sprintf(`queue_length{queue=%q,namespace="ns"}`, queue), float64(10+i))
		steady(fmt.Sprintf(`queue_age{queue=%q,namespace="ns"}`, queue), float64(i))
		steady(fmt.Sprintf(`queue_served_total{queue=%q,namespace="ns"}`, queue), float64(i))
	}
}

// start starts both programs with the same rules, and waits until each has a list.
func start(t *testing.T, s *promtest.Server, text []byte) both {
	mapper := restmapper.NewDiscoveryRESTMapper(kinds())
	client, metadataClient := cluster(t)

	configuration, err := config.FromYAML(text)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	promClient := prom.NewClientForAPI(prom.NewGenericAPIClient(http.DefaultClient, address, nil), http.MethodGet)
	namers, err := naming.NamersFromConfig(configuration.Rules, mapper)
	if err != nil {
		t.Fatal(err)
	}
	externalNamers, err := naming.NamersFromConfig(configuration.ExternalRules, mapper)
	if err != nil {
		t.Fatal(err)
	}
	custom, customLister := cmprov.NewPrometheusProvider(mapper, client, promClient, namers, time.Hour, maxAge)
	external, externalLister := extprov.NewExternalPrometheusProvider(promClient, externalNamers, time.Hour, maxAge)
	customLister.RunUntil(t.Context().Done())
	externalLister.RunUntil(t.Context().Done())
	err = wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return len(custom.ListAllMetrics()) > 0 && len(external.ListAllExternalMetrics()) > 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}

	set, err := rules.Load(text, mapper)
	if err != nil {
		t.Fatal(err)
	}
	source, err := ours.NewServers([]string{s.URL}, ours.Access{}, time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	registry, err := (&discovery.Discoverer{Client: source, MaxAge: maxAge}).Registry(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return both{oldProviders{custom, external}, &serving.Server{
		Registry: func() *discovery.Registry { return registry }, Source: source, Mapper: mapper,
		Metrics: serving.NewMetrics(prometheus.NewRegistry().MustRegister),
		Objects: &objects.Lister{Mapper: mapper, Client: metadataClient},
	}}
}

// kinds are the kinds of a cluster with a custom resource.
func kinds() []*restmapper.APIGroupResources {
	group := func(name, version string, resources ...metav1.APIResource) *restmapper.APIGroupResources {
		of := metav1.GroupVersionForDiscovery{Version: version}
		return &restmapper.APIGroupResources{
			Group:              metav1.APIGroup{Name: name, Versions: []metav1.GroupVersionForDiscovery{of}, PreferredVersion: of},
			VersionedResources: map[string][]metav1.APIResource{version: resources},
		}
	}
	one := func(plural, singular, kind string, namespaced bool) metav1.APIResource {
		return metav1.APIResource{Name: plural, SingularName: singular, Kind: kind, Namespaced: namespaced}
	}
	return []*restmapper.APIGroupResources{
		group("", "v1", one("pods", "pod", "Pod", true), one("services", "service", "Service", true), one("namespaces", "namespace", "Namespace", false),
			one("nodes", "node", "Node", false), one("persistentvolumes", "persistentvolume", "PersistentVolume", false)),
		group("apps", "v1", one("deployments", "deployment", "Deployment", true)),
		group("batch", "v1", one("jobs", "job", "Job", true), one("cronjobs", "cronjob", "CronJob", true)),
		group("networking.k8s.io", "v1", one("ingresses", "ingress", "Ingress", true)),
		group("example.org", "v1alpha1", one("widgets", "widget", "Widget", true)),
	}
}

// cluster has two objects of each kind.
func cluster(t *testing.T) (*dynamicfake.FakeDynamicClient, *metadatafake.FakeMetadataClient) {
	scheme := metadatafake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	lists := map[schema.GroupVersionResource]string{}
	var whole, partial []runtime.Object
	for _, group := range kinds() {
		for version, resources := range group.VersionedResources {
			for _, r := range resources {
				gv := schema.GroupVersion{Group: group.Group.Name, Version: version}
				lists[gv.WithResource(r.Name)] = r.Kind + "List"
				for _, name := range []string{"a", "b", "a.b", "ns"} {
					object := &unstructured.Unstructured{Object: map[string]any{}}
					object.SetGroupVersionKind(gv.WithKind(r.Kind))
					object.SetName(name)
					if r.Namespaced {
						object.SetNamespace("ns")
					}
					if name != "b" {
						object.SetLabels(map[string]string{"app": "web"})
					}
					whole = append(whole, object)
					partial = append(partial, &metav1.PartialObjectMetadata{
						TypeMeta:   metav1.TypeMeta{APIVersion: gv.String(), Kind: r.Kind},
						ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: object.GetNamespace(), Labels: object.GetLabels()},
					})
				}
			}
		}
	}
	return dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, whole...), metadatafake.NewSimpleMetadataClient(scheme, partial...)
}
