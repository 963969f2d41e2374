// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"cmp"
	"net"
	"reflect"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// controllerName is the label managed-by of the slices that Kubernetes creates for pods.
const controllerName = "endpointslice-controller.k8s.io"

// readyPods returns host:port of the ready pods in the slices of Kubernetes itself. The
// activator's own slice has the same Service label and must be left out, or the
// activator would send requests to itself.
func readyPods(all []*discoveryv1.EndpointSlice, port int) []string {
	var pods []string
	for _, slice := range all {
		if slice.Labels[discoveryv1.LabelManagedBy] != controllerName || !hasPort(slice, port) {
			continue
		}
		for _, e := range slice.Endpoints {
			if isReady(e) && len(e.Addresses) > 0 {
				pods = append(pods, net.JoinHostPort(e.Addresses[0], strconv.Itoa(port)))
			}
		}
	}
	slices.Sort(pods)
	return slices.Compact(pods)
}

// isReady treats a missing condition as false, as NGINX's controllers do.
func isReady(e discoveryv1.Endpoint) bool { return e.Conditions.Ready != nil && *e.Conditions.Ready }

func hasPort(slice *discoveryv1.EndpointSlice, port int) bool {
	return slices.ContainsFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool { return p.Port != nil && int(*p.Port) == port })
}

// Armed reports whether the activator's slice has a ready endpoint.
func Armed(slice *discoveryv1.EndpointSlice) bool {
	return slices.ContainsFunc(slice.Endpoints, isReady)
}

// endpoints returns the endpoints that the activator's slice should have: if armed,
// every ready activator; otherwise its current endpoints, all not ready. A disarmed
// slice does not follow the activators, because each change makes NGINX's controllers
// rebuild their configuration. All replicas of the activator compute the same result.
func endpoints(slice *discoveryv1.EndpointSlice, armed bool, activators []*discoveryv1.EndpointSlice) []discoveryv1.Endpoint {
	if !armed {
		if !Armed(slice) {
			return slice.Endpoints
		}
		wanted := slice.DeepCopy().Endpoints
		for i := range wanted {
			wanted[i].Conditions = discoveryv1.EndpointConditions{Ready: new(false)}
		}
		return wanted
	}
	var wanted []discoveryv1.Endpoint
	for _, of := range activators {
		if of.AddressType != slice.AddressType {
			continue
		}
		for _, e := range of.Endpoints {
			if isReady(e) && len(e.Addresses) > 0 {
				// No targetRef: NGINX Ingress Controller would look up the pod in a namespace that it may not watch.
				wanted = append(wanted, discoveryv1.Endpoint{
					Addresses: e.Addresses[:1], NodeName: e.NodeName, Zone: e.Zone,
					Conditions: discoveryv1.EndpointConditions{Ready: new(true)},
				})
			}
		}
	}
	if len(wanted) == 0 {
		return slice.Endpoints // an activator may become ready again; an empty slice would lose its address
	}
	slices.SortFunc(wanted, func(a, b discoveryv1.Endpoint) int { return cmp.Compare(a.Addresses[0], b.Addresses[0]) })
	return slices.CompactFunc(wanted, func(a, b discoveryv1.Endpoint) bool { return a.Addresses[0] == b.Addresses[0] })
}

func same(a, b []discoveryv1.Endpoint) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}

// Refusal returns why requests for a Service could be lost if its workload were scaled
// to zero, or "". The slice is the activator's.
func Refusal(service *corev1.Service, slice *discoveryv1.EndpointSlice, port int) string {
	spec := service.Spec
	switch {
	case spec.Type == corev1.ServiceTypeExternalName:
		return "the Service is of type ExternalName: it has no endpoints"
	case len(spec.Selector) == 0:
		return "the Service has no selector: something else writes its endpoints and decides where requests go"
	case spec.ClusterIP == corev1.ClusterIPNone:
		return "the Service is headless: clients keep the addresses of its pods; remove clusterIP: None"
	case spec.PublishNotReadyAddresses:
		return "the Service has publishNotReadyAddresses: its pods count as ready while they start; set it to false"
	case slice.Labels[discoveryv1.LabelServiceName] != service.Name || slice.Labels[discoveryv1.LabelManagedBy] == controllerName:
		return "EndpointSlice " + slice.Name + " is not labelled as the activator's for this Service; install it again with the activator's chart"
	case !hasPort(slice, port):
		return "EndpointSlice " + slice.Name + " lacks port " + strconv.Itoa(port) + "; install it again with the activator's chart"
	}
	for _, p := range spec.Ports {
		if p.TargetPort.StrVal != "" && hasPortNamed(slice, p.Name) {
			return "targetPort " + strconv.Quote(p.TargetPort.StrVal) + " of the Service is a name: NGINX Ingress Controller resolves it through pods, and at zero there are none; write the number " + strconv.Itoa(port)
		}
		if p.TargetPort.IntVal != int32(port) {
			continue
		}
		if p.Protocol != corev1.ProtocolTCP && p.Protocol != "" {
			return "port " + strconv.Itoa(port) + " of the Service is " + string(p.Protocol) + ": only TCP is held"
		}
		switch app := p.AppProtocol; {
		case app == nil, *app == "", *app == "http", *app == "kubernetes.io/ws":
		default:
			return "appProtocol " + strconv.Quote(*app) + " of the Service: the activator speaks plain HTTP/1.1; leave appProtocol out"
		}
		if !hasPortNamed(slice, p.Name) {
			return "the Service names its port " + strconv.Quote(p.Name) + ", and EndpointSlice " + slice.Name + " does not: NGINX Gateway Fabric finds ports by name"
		}
		return ""
	}
	return "no port of the Service has the targetPort " + strconv.Itoa(port)
}

func hasPortNamed(slice *discoveryv1.EndpointSlice, name string) bool {
	return slices.ContainsFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool {
		return p.Name != nil && *p.Name == name || p.Name == nil && name == ""
	})
}
