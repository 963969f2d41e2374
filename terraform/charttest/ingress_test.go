// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func controller(t *testing.T, variables string) subject {
	t.Helper()
	dir := filepath.Join(chartsDir(t), "nginx-ingress")
	return load(t, dir, planned(t, "ingress", "helm_release.upstream[0]", "  profile = \"upstream\"\n"+variables))
}

func gateway(t *testing.T, variables string) subject {
	t.Helper()
	dir := filepath.Join(chartsDir(t), "nginx-gateway-fabric")
	return load(t, dir, planned(t, "ingress", "helm_release.upstream_gateway[0]", "  profile = \"upstream-gateway\"\n"+variables))
}

func TestIngressControllerOnANodePort(t *testing.T) {
	s := controller(t, "")
	s.requireKnownKeys(t, "controller.service.httpPort.nodePort", "controller.resources.limits.memory")
	s.requireEffect(t, "controller.ingressClass.name") // the chart's default, for now
	all := s.objects(t)
	requireSchemas(t, s, all)

	deployment := only(t, all, "Deployment", "nginx-ingress-controller")
	requireField(t, deployment, "nginx-ingress", "spec", "template", "spec", "containers", 0, "name")
	args := field(deployment, "spec", "template", "spec", "containers", 0, "args").([]any)
	for _, want := range []string{
		"-ingress-class=nginx", "-allow-empty-ingress-host=true", "-enable-latency-metrics=true",
	} {
		if !slices.Contains(args, any(want)) {
			t.Errorf("the controller's arguments lack %s: %v", want, args)
		}
	}
	requireRestricted(t, deployment)
	only(t, all, "IngressClass", "nginx")
	service := only(t, all, "Service", "nginx-ingress-controller")
	requireField(t, service, "NodePort", "spec", "type")
	requireField(t, service, "Cluster", "spec", "externalTrafficPolicy")
	requireField(t, service, float64(30080), "spec", "ports", 0, "nodePort")
	if field(service, "spec", "ports", 1) != nil {
		t.Error("there is a second port, want only HTTP")
	}
	requireNone(t, all, "ServiceMonitor")
}

func TestIngressControllerTakesEverySetting(t *testing.T) {
	s := controller(t, `
  class                    = "public"
  controller_image         = "registry.example.org:5000/nginx-ingress:1.2.3"
  service_type             = "ClusterIP"
  monitor_release_label    = "kps"
  monitor_interval_seconds = 2
`)
	s.requireKnownKeys(t, "controller.image.tag", "controller.resources.limits.memory")
	s.requireEffect(t)
	all := s.objects(t)
	requireSchemas(t, s, append(slices.DeleteFunc(slices.Clone(all), func(o object) bool { return o.kind() == "ServiceMonitor" }), operatorKinds(t, all)...))

	only(t, all, "IngressClass", "public")
	requireField(t, only(t, all, "Service", "nginx-ingress-controller"), "ClusterIP", "spec", "type")
	deployment := only(t, all, "Deployment", "nginx-ingress-controller")
	requireField(t, deployment, "registry.example.org:5000/nginx-ingress:1.2.3", "spec", "template", "spec", "containers", 0, "image")
	monitor := only(t, all, "ServiceMonitor", "nginx-ingress-controller")
	requireField(t, monitor, "kps", "metadata", "labels", "release")
	requireField(t, monitor, "2s", "spec", "endpoints", 0, "interval")
	metrics := only(t, all, "Service", "nginx-ingress-prometheus-service")
	requireField(t, metrics, field(monitor, "spec", "selector", "matchLabels", "service"), "metadata", "labels", "service")
	requireField(t, metrics, field(monitor, "spec", "endpoints", 0, "port"), "spec", "ports", 0, "name")
}

// operatorKinds checks the ServiceMonitors against the definitions in
// kube-prometheus-stack. It returns no objects.
func operatorKinds(t *testing.T, all []object) []object {
	t.Helper()
	other := subject{dir: filepath.Join(chartsDir(t), "kube-prometheus-stack")}
	other.chart = other.fresh(t)
	requireSchemas(t, other, pick(all, "ServiceMonitor"))
	return nil
}

func TestGatewayFabricBringsTheGateway(t *testing.T) {
	s := gateway(t, "")
	s.requireKnownKeys(t)
	s.requireEffect(t, "nginxGateway.gatewayClassName") // the chart's default, for now
	all := s.objects(t)
	requireSchemas(t, s, all)

	only(t, all, "GatewayClass", "nginx")
	found := only(t, all, "Gateway", "nginx")
	requireField(t, found, "ingress", "metadata", "namespace")
	requireField(t, found, "nginx", "spec", "gatewayClassName")
	requireField(t, found, "All", "spec", "listeners", 0, "allowedRoutes", "namespaces", "from")
	proxy := pick(all, "NginxProxy")[0]
	requireField(t, proxy, "NodePort", "spec", "kubernetes", "service", "type")
	requireField(t, proxy, "Cluster", "spec", "kubernetes", "service", "externalTrafficPolicy")
	requireField(t, proxy, float64(30080), "spec", "kubernetes", "service", "nodePorts", 0, "port")
	requireField(t, proxy, float64(80), "spec", "kubernetes", "service", "nodePorts", 0, "listenerPort")
	requireField(t, proxy, float64(35), "spec", "kubernetes", "deployment", "pod", "terminationGracePeriodSeconds")
	requireField(t, proxy, "/bin/sh", "spec", "kubernetes", "deployment", "container", "lifecycle", "preStop", "exec", "command", 0)
	policy := only(t, all, "SnippetsPolicy", "connections")
	requireField(t, policy, "nginx", "spec", "targetRefs", 0, "name")
	if value, _ := field(policy, "spec", "snippets", 0, "value").(string); !strings.Contains(value, "keepalive_min_timeout 5s;\n") {
		t.Errorf("NGINX gets %q, want lines with keepalive_min_timeout", value)
	}
}

func TestGatewayFabricTakesEverySetting(t *testing.T) {
	s := gateway(t, `
  class            = "edge"
  gateway_name     = "public"
  namespace        = "edge"
  controller_image = "registry.example.org:5000/ngf:1.2.3"
  nginx_image      = "registry.example.org:5000/ngf/nginx:1.2.3"
  service_type     = "ClusterIP"
`)
	s.requireKnownKeys(t)
	s.requireEffect(t)
	all := s.objects(t)
	requireSchemas(t, s, all)

	only(t, all, "GatewayClass", "edge")
	requireField(t, only(t, all, "Gateway", "public"), "edge", "spec", "gatewayClassName")
	proxy := pick(all, "NginxProxy")[0]
	requireField(t, proxy, "ClusterIP", "spec", "kubernetes", "service", "type")
	requireField(t, proxy, "registry.example.org:5000/ngf/nginx", "spec", "kubernetes", "deployment", "container", "image", "repository")
	deployment := only(t, all, "Deployment", "nginx-gateway-fabric")
	requireField(t, deployment, "registry.example.org:5000/ngf:1.2.3", "spec", "template", "spec", "containers", 0, "image")
}

// requireRestricted checks what the pod security level restricted requires.
func requireRestricted(t *testing.T, deployment object) {
	t.Helper()
	pod := field(deployment, "spec", "template", "spec").(map[string]any)
	if got := field(pod, "securityContext", "seccompProfile", "type"); got != "RuntimeDefault" {
		t.Errorf("the pod's seccomp profile is %v, want RuntimeDefault", got)
	}
	for _, list := range []string{"containers", "initContainers"} {
		containers, _ := pod[list].([]any)
		for _, c := range containers {
			context := field(c, "securityContext")
			if field(context, "allowPrivilegeEscalation") != false || field(context, "runAsNonRoot") != true || field(context, "readOnlyRootFilesystem") != true {
				t.Errorf("container %v does not run restricted: %v", field(c, "name"), context)
			}
		}
	}
}
