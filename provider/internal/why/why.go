// SPDX-License-Identifier: Apache-2.0

// Package why follows the chain of one HorizontalPodAutoscaler, from the counter that pods expose to a replica that gets requests,
// and says which link is missing. It only reads. It reads the rules and the metrics API with the provider's own packages.
package why

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
)

// State is what is known of a link.
type State string

// The states. A chain of links that are OK may still not scale, because it need not: Seen says so.
const (
	OK          State = "ok"
	Missing     State = "MISSING"
	NotLookedAt State = "not looked at"
)

// Link is one link of the chain.
type Link struct {
	Name   string `json:"link"`
	Metric string `json:"metric,omitempty"` // whose link it is, if the autoscaler has several
	State  State  `json:"state"`
	Seen   string `json:"seen"`            // the figures, or why the link was not checked
	Means  string `json:"means,omitempty"` // what a missing link means
	Do     string `json:"do,omitempty"`    // commands
}

// Report is the chain, in order.
type Report struct {
	Autoscaler string `json:"autoscaler"`
	Links      []Link `json:"links"`
	Missing    *Link  `json:"missing"` // the first missing link; null if there is none
}

// Options say what to follow.
type Options struct {
	Kube       kubernetes.Interface
	Namespace  string
	Autoscaler string
	Prometheus string // its URL; empty means the one that the adapter queries
}

// look is one run.
type look struct {
	Options
	report  Report
	metric  string // whose links are added, if there are several
	cluster *cluster.Client

	hpa       *autoscalingv2.HorizontalPodAutoscaler
	metrics   []*metric
	scale     *autoscalingv1.Scale // of the target; nil if it, or its pods, are not known
	target    string               // as in deployment/heavywork
	pods      []corev1.Pod         // of the target, without those that are ending
	running   []corev1.Pod
	noPods    string // why none is running
	ready     []corev1.Pod
	podLabels labels.Set
	asleep    bool // at 0 replicas, to be woken by an activator
	services  []corev1.Service
	suspects  []corev1.Service // that are meant to select the pods, and select none
	scrapes   []scrape
	scrapeErr error
	adapters  map[metricsapi.API]*adapter
	prom      *prometheus
}

// Follow checks every link. It fails if the autoscaler cannot be read.
func Follow(ctx context.Context, o Options) (Report, error) {
	l := &look{Options: o, cluster: cluster.New(o.Kube, cluster.Options{}), adapters: map[metricsapi.API]*adapter{}, noPods: "the pods are not known"}
	l.report = Report{Autoscaler: o.Namespace + "/" + o.Autoscaler, Links: []Link{}}
	hpas := o.Kube.AutoscalingV2().HorizontalPodAutoscalers(o.Namespace)
	hpa, err := hpas.Get(ctx, o.Autoscaler, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		names := []string{}
		if list, err := hpas.List(ctx, metav1.ListOptions{}); err == nil {
			for _, other := range list.Items {
				names = append(names, other.Name)
			}
		}
		l.add("autoscaler", missing(fmt.Sprintf("namespace %s has no HorizontalPodAutoscaler %s; it has %s", o.Namespace, o.Autoscaler, listOf(names)),
			"Without an autoscaler nothing scales. Name one that is there, in its namespace, or apply yours.", "kubectl get hpa --all-namespaces"))
		return l.report, nil
	case err != nil:
		return l.report, connection.Explain(err, "get", "horizontalpodautoscalers", o.Namespace, o.Autoscaler)
	}
	l.hpa = hpa
	var texts []string
	l.metrics, texts = metricsOf(hpa)
	l.add("autoscaler", ok("%s/%s, %d to %d replicas, reads %s", o.Namespace, o.Autoscaler, minReplicas(hpa), hpa.Spec.MaxReplicas, strings.Join(texts, ", ")))
	l.add("pods", l.lookAtPods(ctx))
	for _, m := range l.metrics {
		if len(l.metrics) > 1 {
			l.metric = m.name
		}
		l.follow(ctx, m)
	}
	l.metric = ""
	if len(l.metrics) == 0 {
		l.add("metrics", notLookedAt("the autoscaler reads CPU or memory only, which come from metrics-server and not from Prometheus"))
	}
	l.add("conditions", l.lookAtConditions())
	l.add("decision", l.lookAtDecision())
	l.add("events", l.lookAtEvents(ctx))
	l.add("replicas", l.lookAtReplicas(ctx))
	l.add("endpoints", l.lookAtEndpoints(ctx))
	l.add("route", l.lookAtRoutes(ctx))
	return l.report, nil
}

// follow checks the links of one metric. The first links of the chain can only be checked once the rule is known.
func (l *look) follow(ctx context.Context, m *metric) {
	a := l.adapterOf(ctx, m.api)
	prom := l.findPrometheus(ctx, a)
	rule := l.lookAtRule(ctx, m, a)
	l.findScrapes(ctx)
	counter, monitor, target, series := l.lookAtCounter(ctx, m), l.lookAtMonitor(ctx, m), l.lookAtTargets(ctx, m), l.lookAtSeries(ctx, m)
	for _, link := range []*Link{&counter, &monitor, &target} {
		if link.State == Missing && m.whole { // they come from elsewhere, such as cAdvisor, federation or remote write
			seen, _, _ := strings.Cut(link.Seen, "\n")
			*link = ok("%s; Prometheus has the series of every ready pod all the same", seen)
		}
	}
	l.add("counter", counter)
	l.add("monitor", monitor)
	l.add("prometheus", prom)
	l.add("target", target)
	l.add("series", series)
	l.add("rule", rule)
	l.add("query", l.lookAtQuery(ctx, m))
	api := l.lookAtAPI(ctx, m, a)
	l.add("api", api)
	l.add("values", l.lookAtValues(ctx, m, api))
}

func (l *look) add(name string, link Link) {
	link.Name, link.Metric = name, l.metric
	l.report.Links = append(l.report.Links, link)
	if l.report.Missing == nil && link.State == Missing {
		l.report.Missing = &link
	}
}

func ok(format string, args ...any) Link { return Link{State: OK, Seen: fmt.Sprintf(format, args...)} }

func missing(seen, means, do string) Link {
	return Link{State: Missing, Seen: seen, Means: means, Do: do}
}

// notLookedAt takes what completes "not looked at, because".
func notLookedAt(format string, args ...any) Link {
	return Link{State: NotLookedAt, Seen: strings.TrimSuffix(fmt.Sprintf(format, args...), ".")}
}

// get reads an object of the API server, or a page through its proxy.
func (l *look) get(ctx context.Context, path string, query map[string]string) ([]byte, error) {
	return get(ctx, l.Kube.Discovery().RESTClient(), path, query)
}

func get(ctx context.Context, client rest.Interface, path string, query map[string]string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request := client.Get().AbsPath(path)
	for name, value := range query {
		request = request.Param(name, value)
	}
	result := request.Do(ctx)
	raw, _ := result.Raw()
	return raw, result.Error() // with the API server's own words, which the error of Raw lacks
}

// list reads the objects of a resource for which client-go has no type, in all namespaces or, if that is forbidden and some
// will do, in the autoscaler's. It returns nil for a resource that the cluster does not know.
func list[T any](ctx context.Context, l *look, group, resource string, someWillDo bool) ([]T, error) {
	var found struct {
		Items []T `json:"items"`
	}
	raw, err := l.get(ctx, "/apis/"+group+"/"+resource, nil)
	if apierrors.IsForbidden(err) && someWillDo {
		raw, err = l.get(ctx, "/apis/"+group+"/namespaces/"+l.Namespace+"/"+resource, nil)
	}
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, connection.Explain(err, "list", resource, l.Namespace, "")
	}
	err = json.Unmarshal(raw, &found)
	return found.Items, err
}

// listOf joins names, or says none.
func listOf(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > 8 {
		names, more = names[:8], fmt.Sprintf(" and %d more", len(names)-8)
	}
	return strings.Join(names, ", ") + more
}
