// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func slice(manager string, port int32, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "web-activator", Labels: map[string]string{discoveryv1.LabelManagedBy: manager, discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: new("http"), Port: new(port)}},
		Endpoints:   endpoints,
	}
}

func at(address string, ready *bool) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ready}}
}

// The activator must not treat itself as a pod, and NGINX treats a missing ready as false.
func TestReadyPods(t *testing.T) {
	got := readyPods([]*discoveryv1.EndpointSlice{
		slice(controllerName, 8080, at("10.0.0.2", new(true)), at("10.0.0.1", new(true)), at("10.0.0.3", new(false)), at("10.0.0.4", nil)),
		slice(controllerName, 9090, at("10.0.0.5", new(true))),
		slice("activator", 8080, at("10.0.0.6", new(true))),
		slice(controllerName, 8080, at("fd00::1", new(true))),
	}, 8080)
	if want := "10.0.0.1:8080 10.0.0.2:8080 [fd00::1]:8080"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestEndpointsOfTheSlice(t *testing.T) {
	b := at("10.1.0.2", new(true))
	b.NodeName, b.TargetRef, b.Conditions.Serving = new("node"), &corev1.ObjectReference{Name: "pod"}, new(true)
	activators := []*discoveryv1.EndpointSlice{
		slice(controllerName, 8000, b, at("10.1.0.1", new(true)), at("10.1.0.3", new(false))),
		{AddressType: discoveryv1.AddressTypeIPv6, Endpoints: []discoveryv1.Endpoint{at("fd00::1", new(true))}},
	}
	armed := slice("activator", 8080)
	armed.Endpoints = endpoints(armed, true, activators)
	if len(armed.Endpoints) != 2 || armed.Endpoints[0].Addresses[0] != "10.1.0.1" || armed.Endpoints[1].Addresses[0] != "10.1.0.2" {
		t.Fatalf("armed: %+v", armed.Endpoints)
	}
	if e := armed.Endpoints[1]; e.Conditions.Ready == nil || !*e.Conditions.Ready || e.TargetRef != nil || *e.NodeName != "node" {
		t.Errorf("an endpoint is %+v: ready must be explicit, and a targetRef makes NGINX Ingress Controller look up a pod", e)
	}
	if again := endpoints(armed, true, activators); !same(again, armed.Endpoints) {
		t.Errorf("it changes without a reason: %+v", again)
	}
	if none := endpoints(armed, true, nil); !same(none, armed.Endpoints) {
		t.Errorf("without a ready activator: %+v", none)
	}
	disarmed := slice("activator", 8080)
	disarmed.Endpoints = endpoints(armed, false, activators)
	for _, e := range disarmed.Endpoints {
		if e.Conditions.Ready == nil || *e.Conditions.Ready {
			t.Errorf("disarmed: %+v", e)
		}
	}
	if len(disarmed.Endpoints) != 2 || !same(endpoints(disarmed, false, activators[:0]), disarmed.Endpoints) {
		t.Errorf("a disarmed slice must not follow the activators: %+v", disarmed.Endpoints)
	}
}

func TestRefusal(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(s *corev1.Service, slice *discoveryv1.EndpointSlice)
		want   string
	}{
		"none": {func(*corev1.Service, *discoveryv1.EndpointSlice) {}, ""},
		"web sockets": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) {
			s.Spec.Ports[0].AppProtocol = new("kubernetes.io/ws")
		}, ""},
		"headless":         {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.ClusterIP = "None" }, "headless"},
		"no selector":      {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.Selector = nil }, "selector"},
		"a name elsewhere": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.Type = "ExternalName" }, "ExternalName"},
		"not ready":        {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.PublishNotReadyAddresses = true }, "publishNotReadyAddresses"},
		"a named port": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) {
			s.Spec.Ports[0].TargetPort = intstr.FromString("http")
		}, "write the number 8080"},
		"another port": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) {
			s.Spec.Ports[0].TargetPort = intstr.FromInt32(81)
		}, "no port of the Service has the targetPort 8080"},
		"UDP": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.Ports[0].Protocol = "UDP" }, "only TCP"},
		"HTTP/2": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) {
			s.Spec.Ports[0].AppProtocol = new("kubernetes.io/h2c")
		}, "HTTP/1.1"},
		"TLS":          {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.Ports[0].AppProtocol = new("https") }, "HTTP/1.1"},
		"another name": {func(s *corev1.Service, _ *discoveryv1.EndpointSlice) { s.Spec.Ports[0].Name = "web" }, `names its port "web"`},
		"another slice": {func(_ *corev1.Service, slice *discoveryv1.EndpointSlice) {
			slice.Labels[discoveryv1.LabelServiceName] = "x"
		}, "not labelled"},
		"a pod's slice": {func(_ *corev1.Service, slice *discoveryv1.EndpointSlice) {
			slice.Labels[discoveryv1.LabelManagedBy] = controllerName
		}, "not labelled"},
		"no port": {func(_ *corev1.Service, slice *discoveryv1.EndpointSlice) { slice.Ports = nil }, "lacks port 8080"},
	} {
		t.Run(name, func(t *testing.T) {
			service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
				Selector: map[string]string{"app": "web"}, ClusterIP: "10.0.0.1",
				Ports: []corev1.ServicePort{{Name: "http", Port: 80, TargetPort: intstr.FromInt32(8080)}, {Name: "metrics", TargetPort: intstr.FromString("metrics")}},
			}}
			ours := slice("activator", 8080)
			tt.change(service, ours)
			if got := Refusal(service, ours, 8080); got == "" != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
