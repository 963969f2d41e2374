// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// heldBy is the managed-by label of the activator's EndpointSlices.
const heldBy = "activator.nginx-prometheus-hpa"

// findServices finds the Services that select the pods and those that are meant to, and whether an activator stands in for the pods.
func (l *look) findServices(ctx context.Context) *Link {
	services, err := l.Kube.CoreV1().Services(l.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		link := notLookedAt("%v", connection.Explain(err, "list", "services", l.Namespace, ""))
		return &link
	}
	for _, svc := range services.Items {
		switch {
		case len(svc.Spec.Selector) == 0 || l.podLabels == nil:
		case l.selects(svc):
			l.services = append(l.services, svc)
			if l.scale.Spec.Replicas > 0 {
				continue
			}
			all, err := l.slices(ctx, svc.Name)
			if err != nil {
				link := notLookedAt("%v", err)
				return &link
			}
			for _, slice := range all {
				l.asleep = l.asleep || slice.Labels[discoveryv1.LabelManagedBy] == heldBy && slices.ContainsFunc(slice.Endpoints, isServing)
			}
		case svc.Name == l.hpa.Spec.ScaleTargetRef.Name || l.shares(svc):
			selected, err := l.Kube.CoreV1().Pods(l.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.FormatLabels(svc.Spec.Selector), Limit: 1})
			if err == nil && len(selected.Items) == 0 {
				l.suspects = append(l.suspects, svc)
			}
		}
	}
	// The name says more than a label that several workloads may have.
	for _, svc := range l.suspects {
		if svc.Name == l.hpa.Spec.ScaleTargetRef.Name {
			l.suspects = []corev1.Service{svc}
			break
		}
	}
	return nil
}

// selects reports whether a Service selects the pods. Without pods only the labels in the target's selector are known: then it is enough
// that the Service asks for one of these and for no other value of any.
func (l *look) selects(svc corev1.Service) bool {
	asks := labels.Set(svc.Spec.Selector)
	if len(l.pods) == 0 && l.shares(svc) {
		asks = labels.Set{}
		for name := range l.podLabels {
			if value, ok := svc.Spec.Selector[name]; ok {
				asks[name] = value
			}
		}
	}
	return asks.AsSelector().Matches(l.podLabels)
}

// unlike says how the selector of a Service and the labels of the pods differ.
func (l *look) unlike(svc corev1.Service) string {
	own := labels.Set{}
	for name := range svc.Spec.Selector {
		if value, ok := l.podLabels[name]; ok {
			own[name] = value
		}
	}
	return fmt.Sprintf("selector is %s, and the pods have %s", labels.FormatLabels(svc.Spec.Selector), labels.FormatLabels(own))
}

// shares reports whether a Service's selector has a label of the pods.
func (l *look) shares(svc corev1.Service) bool {
	for name, value := range svc.Spec.Selector {
		if l.podLabels[name] == value {
			return true
		}
	}
	return false
}

func (l *look) slices(ctx context.Context, service string) ([]discoveryv1.EndpointSlice, error) {
	found, err := l.Kube.DiscoveryV1().EndpointSlices(l.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + service})
	if err != nil {
		return nil, connection.Explain(err, "list", "endpointslices", l.Namespace, "")
	}
	return found.Items, nil
}

func isServing(e discoveryv1.Endpoint) bool { return e.Conditions.Ready == nil || *e.Conditions.Ready }

// lookAtEndpoints checks whether requests reach the ready pods.
func (l *look) lookAtEndpoints(ctx context.Context) Link {
	if l.scale == nil {
		return notLookedAt("the pods are not known")
	}
	var texts []string
	for _, svc := range l.suspects {
		text := fmt.Sprintf("Service %s selects no pod: its %s", svc.Name, l.unlike(svc))
		if len(l.services) == 0 && svc.Name == l.hpa.Spec.ScaleTargetRef.Name {
			return missing(text, "Requests to this Service reach nothing, so nothing is counted.", fmt.Sprintf("kubectl -n %s edit service %s", l.Namespace, svc.Name))
		}
		texts = append(texts, text) // a label that several workloads have may be all that they share
	}
	if len(l.services) == 0 {
		return notLookedAt("%s", strings.Join(append([]string{"no Service selects the pods"}, texts...), "; "))
	}
	texts = nil
	for _, svc := range l.services {
		all, err := l.slices(ctx, svc.Name)
		if err != nil {
			return notLookedAt("%v", err)
		}
		n, ports := 0, map[string]bool{}
		for _, slice := range all {
			for _, e := range slice.Endpoints {
				if isServing(e) && (l.asleep || e.TargetRef != nil && slices.ContainsFunc(l.pods, func(p corev1.Pod) bool { return p.Name == e.TargetRef.Name })) {
					n++
					for _, p := range slice.Ports {
						ports[ptr.Deref(p.Name, "")] = true
					}
				}
			}
		}
		if n == 0 && l.scale.Spec.Replicas > 0 {
			return missing(fmt.Sprintf("Service %s has no ready endpoint", svc.Name), "NGINX sends requests to ready endpoints only. They are the pods that the Service selects and that are ready.",
				fmt.Sprintf("kubectl -n %s get endpointslices -l %s=%s", l.Namespace, discoveryv1.LabelServiceName, svc.Name))
		}
		for _, p := range svc.Spec.Ports {
			if n > 0 && !l.asleep && !ports[p.Name] {
				return missing(fmt.Sprintf("port %d of Service %s has no ready endpoint: its targetPort is %s", p.Port, svc.Name, p.TargetPort.String()), "Requests to this port reach nothing: no container of a ready pod has a port of that name.",
					fmt.Sprintf("kubectl -n %s edit service %s", l.Namespace, svc.Name))
			}
		}
		texts = append(texts, fmt.Sprintf("Service %s has %d ready endpoints", svc.Name, n))
	}
	return ok("%s", strings.Join(texts, ", "))
}

// httpRoute is the part of the Gateway API's HTTPRoute that says where it leads and whether controllers accepted it.
type httpRoute struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ParentRefs []struct{ Name, SectionName string }
		Rules      []struct {
			BackendRefs []struct{ Kind, Name, Namespace string }
		}
	}
	Status struct {
		Parents []struct {
			Conditions []metav1.Condition
		}
	}
}

// lookAtRoutes checks which routes lead requests to the Services.
func (l *look) lookAtRoutes(ctx context.Context) Link {
	if l.scale == nil {
		return notLookedAt("the pods are not known")
	}
	isOurs := func(name string) bool { // a suspect that only shares a label may be another workload's
		suspect := name == l.hpa.Spec.ScaleTargetRef.Name
		return slices.ContainsFunc(l.services, func(s corev1.Service) bool { return s.Name == name }) ||
			suspect && slices.ContainsFunc(l.suspects, func(s corev1.Service) bool { return s.Name == name })
	}
	routes, err := list[httpRoute](ctx, l, "gateway.networking.k8s.io/v1", "httproutes", true)
	if err != nil {
		return notLookedAt("%v", err)
	}
	var texts []string
	var bad *Link // counts if no other route is fine
	for _, r := range routes {
		leads := false
		for _, rule := range r.Spec.Rules {
			for _, b := range rule.BackendRefs {
				leads = leads || cmp.Or(b.Kind, "Service") == "Service" && cmp.Or(b.Namespace, r.Namespace) == l.Namespace && isOurs(b.Name)
			}
		}
		if !leads {
			continue
		}
		if problem := r.problem(); problem != "" {
			link := missing(fmt.Sprintf("HTTPRoute %s/%s: %s", r.Namespace, r.Name, problem),
				"Requests do not get through this route, so nothing is counted. Accepted is about the Gateway and its listeners, ResolvedRefs about the Service and its port.",
				fmt.Sprintf("kubectl -n %s describe httproute %s\nkubectl get gateways --all-namespaces", r.Namespace, r.Name))
			bad = cmp.Or(bad, &link)
			continue
		}
		texts = append(texts, fmt.Sprintf("HTTPRoute %s/%s is accepted", r.Namespace, r.Name))
	}
	ingresses, err := l.Kube.NetworkingV1().Ingresses(l.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return notLookedAt("%v", connection.Explain(err, "list", "ingresses", l.Namespace, ""))
	}
	for _, in := range ingresses.Items {
		if !slices.ContainsFunc(backends(in), isOurs) {
			continue
		}
		if class := in.Spec.IngressClassName; class != nil {
			if _, err := l.Kube.NetworkingV1().IngressClasses().Get(ctx, *class, metav1.GetOptions{}); apierrors.IsNotFound(err) {
				link := missing(fmt.Sprintf("Ingress %s: there is no IngressClass %s", in.Name, *class), "No controller takes the Ingress, so no request gets through it.", "kubectl get ingressclasses")
				bad = cmp.Or(bad, &link)
				continue
			}
		}
		texts = append(texts, fmt.Sprintf("Ingress %s leads to it", in.Name))
	}
	if len(texts) == 0 && bad != nil {
		return *bad
	}
	if len(texts) == 0 {
		return notLookedAt("no HTTPRoute or Ingress leads to a Service of the pods")
	}
	return ok("%s; whether NetworkPolicies let it reach the pods is not checked", strings.Join(texts, ", "))
}

func (r httpRoute) problem() string {
	if len(r.Status.Parents) == 0 {
		var names []string
		for _, p := range r.Spec.ParentRefs {
			names = append(names, p.Name)
		}
		return "no controller has accepted it; it names the Gateway " + listOf(names)
	}
	var problem string
	for _, parent := range r.Status.Parents {
		bad := slices.IndexFunc(parent.Conditions, func(c metav1.Condition) bool {
			return (c.Type == "Accepted" || c.Type == "ResolvedRefs") && c.Status != metav1.ConditionTrue
		})
		if bad < 0 {
			return "" // one Gateway is enough
		}
		c := parent.Conditions[bad]
		problem = cmp.Or(problem, fmt.Sprintf("%s is %s: %s: %s", c.Type, c.Status, c.Reason, c.Message))
	}
	return problem
}

// backends are the Services that an Ingress leads to.
func backends(in networkingv1.Ingress) (names []string) {
	add := func(b *networkingv1.IngressBackend) {
		if b != nil && b.Service != nil {
			names = append(names, b.Service.Name)
		}
	}
	add(in.Spec.DefaultBackend)
	for _, rule := range in.Spec.Rules {
		if rule.HTTP == nil {
			continue
		}
		for _, path := range rule.HTTP.Paths {
			add(&path.Backend)
		}
	}
	return names
}
