// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const operator = "monitoring.coreos.com/v1"

// monitor is a ServiceMonitor or a PodMonitor of Prometheus Operator.
type monitor struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Selector          metav1.LabelSelector
		NamespaceSelector struct {
			Any        bool
			MatchNames []string
		}
		Endpoints           []endpoint
		PodMetricsEndpoints []endpoint
	}
}

type endpoint struct {
	Port       string
	PortNumber *int32
	TargetPort *intstr.IntOrString
	Path       string
}

// operated is a Prometheus that the operator manages.
type operated struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ServiceMonitorSelector, ServiceMonitorNamespaceSelector *metav1.LabelSelector
		PodMonitorSelector, PodMonitorNamespaceSelector         *metav1.LabelSelector
	}
}

// scrape is what a monitor makes Prometheus scrape of the pods.
type scrape struct {
	monitor string // as in ServiceMonitor app/heavywork
	port    int
	path    string
	problem string // why nothing is scraped
	do      string
	rank    int // of the problem: the higher, the nearer to a scrape
}

// findScrapes finds the scrapes of all monitors. It sets scrapeErr if the monitors cannot be read.
func (l *look) findScrapes(ctx context.Context) {
	if l.scrapes != nil || l.scrapeErr != nil {
		return
	}
	serviceMonitors, err := list[monitor](ctx, l, operator, "servicemonitors", true)
	if err != nil {
		l.scrapeErr = err
		return
	}
	podMonitors, err := list[monitor](ctx, l, operator, "podmonitors", true)
	if err != nil {
		l.scrapeErr = err
		return
	}
	if serviceMonitors == nil && podMonitors == nil {
		l.scrapeErr = errors.New("the cluster has no Prometheus Operator: what is scraped is in the configuration of Prometheus itself")
		return
	}
	servers, _ := list[operated](ctx, l, operator, "prometheuses", false) // unless all can be read, every monitor counts as selected
	l.scrapes = []scrape{}
	for _, m := range serviceMonitors {
		if l.covers(m) {
			for _, s := range l.scrapesOfServices(m) {
				l.addScrape(s, m, servers, "servicemonitor")
			}
		}
	}
	for _, m := range podMonitors {
		if selector, err := metav1.LabelSelectorAsSelector(&m.Spec.Selector); err == nil && l.covers(m) && len(l.pods) > 0 && selector.Matches(l.podLabels) {
			for _, e := range m.Spec.PodMetricsEndpoints {
				port := l.containerPort(intstr.FromString(e.Port))
				if e.PortNumber != nil {
					port = int(*e.PortNumber)
				}
				s := scrape{monitor: fmt.Sprintf("PodMonitor %s/%s", m.Namespace, m.Name), port: port, path: cmp.Or(e.Path, "/metrics"), rank: 3}
				if port == 0 {
					s.problem = fmt.Sprintf("its endpoint's port %q is no port of the pods' containers", e.Port)
				}
				l.addScrape(s, m, servers, "podmonitor")
			}
		}
	}
}

func (l *look) covers(m monitor) bool {
	s := m.Spec.NamespaceSelector
	return s.Any || slices.Contains(s.MatchNames, l.Namespace) || len(s.MatchNames) == 0 && m.Namespace == l.Namespace
}

func (l *look) scrapesOfServices(m monitor) (found []scrape) {
	selector, err := metav1.LabelSelectorAsSelector(&m.Spec.Selector)
	if err != nil {
		return nil
	}
	name := fmt.Sprintf("ServiceMonitor %s/%s", m.Namespace, m.Name)
	for _, svc := range l.suspects {
		if selector.Matches(labels.Set(svc.Labels)) {
			found = append(found, scrape{monitor: name, rank: 2, do: fmt.Sprintf("kubectl -n %s edit service %s", svc.Namespace, svc.Name),
				problem: fmt.Sprintf("it selects Service %s, which selects no pod: its %s", svc.Name, l.unlike(svc))})
		}
	}
	for _, svc := range l.services {
		if !selector.Matches(labels.Set(svc.Labels)) {
			found = append(found, scrape{monitor: name, rank: 0, do: fmt.Sprintf("kubectl -n %s get service %s --show-labels", svc.Namespace, svc.Name),
				problem: fmt.Sprintf("its selector (%s) does not select Service %s (%s)", metav1.FormatLabelSelector(&m.Spec.Selector), svc.Name, labels.FormatLabels(svc.Labels))})
			continue
		}
		for _, e := range m.Spec.Endpoints {
			s := scrape{monitor: name, path: cmp.Or(e.Path, "/metrics"), rank: 3}
			var ports []string
			for _, p := range svc.Spec.Ports {
				ports = append(ports, p.Name)
				if p.Name == e.Port && e.Port != "" {
					s.port = l.containerPort(p.TargetPort)
					if p.TargetPort == (intstr.IntOrString{}) {
						s.port = int(p.Port)
					}
				}
			}
			if e.Port == "" && e.TargetPort != nil {
				s.port = l.containerPort(*e.TargetPort)
			}
			switch {
			case s.port != 0:
			case slices.Contains(ports, e.Port):
				s.problem = fmt.Sprintf("the targetPort of port %q of Service %s is no port of the pods' containers", e.Port, svc.Name)
			default:
				s.problem = fmt.Sprintf("its endpoint's port %q is no port of Service %s (%s)", cmp.Or(e.Port, e.TargetPort.String()), svc.Name, listOf(ports))
			}
			found = append(found, s)
		}
	}
	return found
}

// addScrape adds a scrape, after checking that a Prometheus selects the monitor.
func (l *look) addScrape(s scrape, m monitor, servers []operated, resource string) {
	if s.do == "" {
		s.do = fmt.Sprintf("kubectl -n %s edit %s %s", m.Namespace, resource, m.Name)
	}
	var reasons []string
	for _, p := range servers {
		selector, namespaces := p.Spec.ServiceMonitorSelector, p.Spec.ServiceMonitorNamespaceSelector
		if resource == "podmonitor" {
			selector, namespaces = p.Spec.PodMonitorSelector, p.Spec.PodMonitorNamespaceSelector
		}
		if reason := rejects(selector, namespaces, m, p); reason != "" {
			reasons = append(reasons, reason)
		}
	}
	if s.problem == "" && len(reasons) > 0 && len(reasons) == len(servers) {
		s.problem, s.rank = "no Prometheus selects it: "+strings.Join(reasons, "; "), 4
	}
	l.scrapes = append(l.scrapes, s)
}

func rejects(selector, namespaces *metav1.LabelSelector, m monitor, p operated) string {
	own := fmt.Sprintf("of Prometheus %s/%s", p.Namespace, p.Name)
	if s, err := metav1.LabelSelectorAsSelector(selector); err == nil && !s.Matches(labels.Set(m.Labels)) {
		return fmt.Sprintf("its labels (%s) do not have what the selector %s asks for (%s)", labels.FormatLabels(m.Labels), own, metav1.FormatLabelSelector(selector))
	}
	if namespaces == nil && m.Namespace != p.Namespace {
		return "the namespace selector " + own + " is not set: only monitors of its own namespace count"
	}
	return ""
}

// containerPort returns the number of a port of the pods, or 0 if they have none of that name.
func (l *look) containerPort(port intstr.IntOrString) int {
	if port.Type == intstr.Int {
		return port.IntValue()
	}
	for _, pod := range l.pods {
		for _, c := range pod.Spec.Containers {
			for _, p := range c.Ports {
				if p.Name == port.StrVal && p.Name != "" {
					return int(p.ContainerPort)
				}
			}
		}
	}
	return 0
}

// lookAtMonitor checks whether a monitor has the pods scraped, if Prometheus Operator is used.
func (l *look) lookAtMonitor(ctx context.Context, m *metric) Link {
	switch {
	case !m.ofPods():
		return notLookedAt("a metric that is not of pods may come from anywhere")
	case l.scrapeErr != nil:
		return notLookedAt("%v", l.scrapeErr)
	case len(l.pods) == 0:
		return notLookedAt("%s", l.noPods)
	}
	best := scrape{monitor: "no ServiceMonitor or PodMonitor", problem: "selects the pods", rank: -1, do: "kubectl get servicemonitors,podmonitors --all-namespaces"}
	for _, s := range l.scrapes {
		if s.problem == "" && m.port != 0 && s.port != m.port {
			s.problem, s.rank = fmt.Sprintf("it scrapes port %d, and %s is on port %d", s.port, m.series, m.port), 1
		}
		if s.problem == "" {
			return ok("%s scrapes port %d", s.monitor, s.port)
		}
		if s.rank > best.rank {
			best = s
		}
	}
	found, err := []target(nil), errors.New("no Prometheus could be asked")
	if l.prom != nil {
		found, err = l.targetsOf(ctx, m)
	}
	switch {
	case len(found) > 0:
		return notLookedAt("Prometheus has targets of the pods without one")
	case err != nil && best.rank < 1: // a monitor that may not be listed, or the configuration of Prometheus itself
		return notLookedAt("no monitor that can be listed selects the pods, and what else Prometheus scrapes is not known: %v", err)
	}
	return missing(strings.Replace(best.monitor+": "+best.problem, "PodMonitor: selects", "PodMonitor selects", 1),
		"Prometheus does not learn of the pods. A ServiceMonitor takes a Service by its labels and a port by the Service's name for it, and Prometheus takes a ServiceMonitor by its labels.", best.do)
}
