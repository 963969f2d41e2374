// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
)

// lookAtCounter reads the metrics pages of one pod directly, without Prometheus.
func (l *look) lookAtCounter(ctx context.Context, m *metric) Link {
	switch {
	case m.noRule != "":
		return notLookedAt("%s", m.noRule)
	case !m.ofPods():
		return notLookedAt("a metric that is not of pods may come from anywhere")
	case strings.Contains(m.series, ":"):
		return notLookedAt("the colon in %s says that a recording rule of Prometheus makes it", m.series)
	case l.noPods != "":
		return notLookedAt("%s", l.noPods)
	}
	pod := l.running[0]
	if len(l.ready) > 0 {
		pod = l.ready[0]
	}
	var failures []string
	var seen []string
	for _, page := range l.pages(pod) {
		number, path, _ := strings.Cut(page, "/")
		raw, err := l.get(ctx, fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%s/proxy/%s", l.Namespace, pod.Name, number, path), nil)
		if err != nil {
			failures = append(failures, fmt.Sprintf("%s: %v", page, err))
			if isForbidden(err) {
				return notLookedAt("the credentials lack the verb \"get\" on the resource \"pods/proxy\" in namespace %q", l.Namespace)
			}
			continue
		}
		names, sum, found := parsePage(string(raw), m.series)
		if found {
			m.port, _ = strconv.Atoi(number)
			return ok("%s is %.6g in pod %s, on port %s", m.series, sum, pod.Name, number)
		}
		seen = append(seen, names...)
	}
	if len(seen) == 0 {
		return notLookedAt("no page of metrics of pod %s can be read through the API server: %s", pod.Name, listOf(failures))
	}
	near := metricsapi.Nearest(m.series, seen)
	return missing(fmt.Sprintf("pod %s exposes %d metrics, and not %s; similar ones: %s", pod.Name, len(seen), m.series, listOf(near)),
		"The rule is about a counter that the application does not expose. It was renamed, or it is only exposed once it has counted something: expose it as 0 from the start.",
		fmt.Sprintf("kubectl get --raw /api/v1/namespaces/%s/pods/%s:%s", l.Namespace, pod.Name, strings.Replace(l.pages(pod)[0], "/", "/proxy/", 1)))
}

// pages lists where a pod may expose metrics, as in 8000/metrics, beginning with what monitors and annotations say.
func (l *look) pages(pod corev1.Pod) (pages []string) {
	for _, s := range l.scrapes {
		if s.port != 0 {
			pages = append(pages, strconv.Itoa(s.port)+s.path)
		}
	}
	if port := pod.Annotations["prometheus.io/port"]; port != "" {
		pages = append(pages, port+cmp.Or(pod.Annotations["prometheus.io/path"], "/metrics"))
	}
	for _, c := range pod.Spec.Containers {
		for _, p := range c.Ports {
			if p.Protocol != corev1.ProtocolUDP {
				pages = append(pages, fmt.Sprintf("%d/metrics", p.ContainerPort))
			}
		}
	}
	unique := pages[:0]
	for _, page := range pages {
		if !slices.Contains(unique, page) {
			unique = append(unique, page)
		}
	}
	return unique
}

// parsePage reads as much of Prometheus' text format as it takes to find a series and its sum, including parts of a histogram.
func parsePage(page, series string) (names []string, sum float64, found bool) {
	for line := range strings.Lines(page) {
		end := strings.IndexAny(line, "{ ")
		fields := strings.Fields(line[max(end, strings.LastIndex(line, "}")+1, 0):])
		if end <= 0 || line[0] == '#' || len(fields) == 0 {
			continue
		}
		name := line[:end]
		value, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			continue // not a page of metrics
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		if name == series {
			sum, found = sum+value, true
		}
	}
	return names, sum, found
}

// targetsOf returns what Prometheus scrapes of the pods, on the counter's port if that is known.
func (l *look) targetsOf(ctx context.Context, m *metric) ([]target, error) {
	all, err := l.prom.targets(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t target) bool {
		namespace := cmp.Or(t.Discovered["__meta_kubernetes_namespace"], t.Labels["namespace"])
		name := cmp.Or(t.Discovered["__meta_kubernetes_pod_name"], t.Labels["pod"])
		known := slices.ContainsFunc(l.pods, func(pod corev1.Pod) bool { return pod.Name == name })
		u, err := url.Parse(t.URL)
		return namespace != l.Namespace || !known || m.port != 0 && err == nil && u.Port() != strconv.Itoa(m.port)
	}), nil
}

// lookAtTargets asks Prometheus how its scrapes went.
func (l *look) lookAtTargets(ctx context.Context, m *metric) Link {
	switch {
	case !m.ofPods():
		return notLookedAt("a metric that is not of pods may come from anywhere")
	case l.prom == nil:
		return notLookedAt("Prometheus could not be asked")
	case l.noPods != "":
		return notLookedAt("%s", l.noPods)
	}
	found, err := l.targetsOf(ctx, m)
	if err != nil {
		return notLookedAt("%s does not say what it scrapes: %v", l.prom.url, err)
	}
	m.targets = found
	up := 0
	failed := map[string]string{}
	for _, t := range found {
		switch t.Health {
		case "up":
			up++
		case "down":
			failed[t.LastError] = t.URL
		}
	}
	seen := fmt.Sprintf("%d of %d targets of the pods are up", up, len(found))
	for reason, at := range failed {
		seen += fmt.Sprintf("\n%s: %s", at, reason)
	}
	switch {
	case len(found) > 0 && up == 0 && len(failed) == 0:
		return notLookedAt("Prometheus has not scraped the pods yet")
	case len(found) == 0:
		return missing("Prometheus has no target of the pods",
			"What it is told to scrape does not lead to the pods: relabelling drops them, it may not list pods of this namespace, or it has not loaded the monitor yet (half a minute at most).",
			fmt.Sprintf("curl -s '%s/api/v1/targets?state=dropped'", l.prom.url))
	case len(failed) > 0:
		means := "Prometheus finds the pods but cannot read their metrics; its errors are above. Refused: nothing listens on the port. 404: the path is another one."
		do := fmt.Sprintf("kubectl -n %s get networkpolicies", l.Namespace)
		if names := l.policies(ctx); len(names) > 0 {
			means += fmt.Sprintf(" Timed out: something keeps Prometheus out. NetworkPolicies limit who reaches the pods (%s): one must allow the port from Prometheus' pods.", listOf(names))
			do = fmt.Sprintf("kubectl -n %s describe networkpolicy %s", l.Namespace, strings.Join(names, " "))
		}
		return missing(seen, means, do)
	}
	return ok("%s", seen)
}

// policies are the NetworkPolicies that limit who reaches the pods.
func (l *look) policies(ctx context.Context) (names []string) {
	all, err := l.Kube.NetworkingV1().NetworkPolicies(l.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	for _, p := range all.Items {
		selector, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		ingress := len(p.Spec.PolicyTypes) == 0 || slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeIngress)
		if err == nil && ingress && selector.Matches(l.podLabels) {
			names = append(names, p.Name)
		}
	}
	return names
}

func isForbidden(err error) bool { return err != nil && apierrors.IsForbidden(err) }
