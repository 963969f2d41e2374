// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// The values with which the modules survive the loss of a node.
const survival = `
  replicas                       = 2
  priority_class_name            = "autoscaling"
  unreachable_toleration_seconds = 10
`

// bundled is a chart of this repository. With values in YAML it does not need Terraform.
func bundled(t *testing.T, module, values string) subject {
	t.Helper()
	s := subject{dir: filepath.Join("..", "modules", module, "chart"), release: release{name: module, namespace: module}}
	if err := yaml.Unmarshal([]byte(values), &s.release.values); err != nil {
		t.Fatal(err)
	}
	s.chart = s.fresh(t)
	return s
}

const (
	monitoringBasics = `
images: {operator: "localhost/operator:1", configReloader: "localhost/reloader:1", prometheus: "localhost/prometheus:1"}
`
	bundledAdapterBasics = `
image: localhost/adapter:1
prometheusURL: http://a:9090
`
)

// Two Prometheus, each with a directory on its node.
func TestBundledPrometheusKeepsItsNode(t *testing.T) {
	s := bundled(t, "monitoring", monitoringBasics+`
prometheus:
  version: 1.2.3
  replicas: 2
  readyAfterSeconds: 16
  volumes: [{node: worker-a, path: /var/local}, {node: worker-b, path: /srv}]
priorityClassName: autoscaling
operator: {tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists}]}
networkPolicy: {enabled: true}
`)
	all := s.objects(t)
	requireBundledSchemas(t, s, all)

	prometheus := only(t, all, "Prometheus", "prometheus")
	requireField(t, prometheus, float64(2), "spec", "replicas")
	requireField(t, prometheus, "autoscaling", "spec", "priorityClassName")
	requireField(t, prometheus, float64(16), "spec", "containers", 0, "readinessProbe", "successThreshold")
	requireField(t, prometheus, "node.kubernetes.io/unreachable", "spec", "tolerations", 1, "key")
	requireField(t, prometheus, nil, "spec", "tolerations", 1, "tolerationSeconds") // its samples are there
	requireField(t, prometheus, nil, "spec", "storage", "emptyDir")
	template := field(prometheus, "spec", "storage", "volumeClaimTemplate", "metadata", "name")

	// The StatefulSet expects claims with these names, and each is bound to its own volume.
	for i, node := range []string{"worker-a", "worker-b"} {
		claim := only(t, all, "PersistentVolumeClaim", fmt.Sprintf("%s-prometheus-prometheus-%d", template, i))
		volume := only(t, all, "PersistentVolume", fmt.Sprint(field(claim, "spec", "volumeName")))
		requireField(t, volume, claim.name(), "spec", "claimRef", "name")
		requireField(t, volume, field(claim, "metadata", "namespace"), "spec", "claimRef", "namespace")
		requireField(t, volume, node, "spec", "nodeAffinity", "required", "nodeSelectorTerms", 0, "matchExpressions", 0, "values", 0)
		for _, o := range []object{claim, volume} {
			requireField(t, o, "", "spec", "storageClassName") // none, so that no other volume can be bound
		}
	}
	requireField(t, only(t, all, "Service", "prometheus"), "ClientIP", "spec", "sessionAffinity")
	requireField(t, only(t, all, "Service", "prometheus-1"), "prometheus-prometheus-1", "spec", "selector", "statefulset.kubernetes.io/pod-name")
	operator := only(t, all, "Deployment", "prometheus-operator")
	requireField(t, operator, "autoscaling", "spec", "template", "spec", "priorityClassName")
	requireField(t, operator, "node.kubernetes.io/unreachable", "spec", "template", "spec", "tolerations", 0, "key")
	requireBudget(t, all, "prometheus", nil)
	// Each scrapes the other, and itself.
	requireField(t, only(t, all, "NetworkPolicy", "prometheus"), "prometheus", "spec", "ingress", 0, "from", 1, "podSelector", "matchLabels", "app.kubernetes.io/name")
}

// The selectors that Terraform sets match the pods of this chart.
func TestBundledAdapterLeavesLostNodes(t *testing.T) {
	chartsDir(t) // skips without copies, like the other tests that use Terraform
	s := bundled(t, "adapter", "")
	s.release = planned(t, "adapter", "helm_release.this[0]", `
  namespace        = "monitoring"
  image            = "localhost/adapter:1"
  prometheus_url   = "http://a:9090,http://b:9090"
  on_control_plane = true
`+survival)
	all := s.objects(t)
	requireSchemas(t, s, all)

	deployment := only(t, all, "Deployment", "prometheus-adapter")
	requireField(t, deployment, float64(2), "spec", "replicas")
	requireField(t, deployment, "autoscaling", "spec", "template", "spec", "priorityClassName")
	requireLeavesLostNodes(t, field(deployment, "spec", "template", "spec"))
	requireSpread(t, deployment)
	requireField(t, deployment, "node-role.kubernetes.io/control-plane", "spec", "template", "spec", "tolerations", 2, "key")
	requireField(t, only(t, all, "Service", "prometheus-adapter"), "PreferSameNode", "spec", "trafficDistribution")
	requireBudget(t, all, "prometheus-adapter", deployment)
}

func TestBundledIngressHasABudget(t *testing.T) {
	s := bundled(t, "ingress", "disruptionBudget: {controller: nginx-gateway-fabric}")
	requireBudget(t, s.objects(t), "nginx-gateway-fabric", nil)
}

// With a single replica, a chart renders nothing for several.
func TestBundledChartsOfOneNode(t *testing.T) {
	for _, s := range []subject{
		bundled(t, "monitoring", monitoringBasics+"prometheus: {version: 1.2.3}"),
		bundled(t, "adapter", bundledAdapterBasics),
		bundled(t, "ingress", ""),
	} {
		files, err := s.render(t, s.release.values)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			for _, word := range []string{"PodDisruptionBudget", "PersistentVolume", "ffinity", "topologySpread", "tolerations", "priorityClass", "sessionAffinity", "successThreshold", "trafficDistribution"} {
				if strings.Contains(text, word) {
					t.Errorf("%s has %s although it is not enabled:\n%s", name, word, text)
				}
			}
		}
	}
}

func TestStackRunsTwo(t *testing.T) {
	s := stack(t, survival+`
  ready_after_seconds = 16
  storage_class       = "standard"
  storage_gibibytes   = 20
`)
	s.requireKnownKeys(t)
	s.requireEffect(t,
		"grafana.enabled", "kubeStateMetrics.enabled", // the chart's defaults, for now
		"prometheus.podDisruptionBudget.minAvailable", // the chart's default, which is for two
	)
	all := s.objects(t)
	requireSchemas(t, s, all)

	prometheus := only(t, all, "Prometheus", "kps")
	requireField(t, prometheus, float64(2), "spec", "replicas")
	requireField(t, prometheus, "autoscaling", "spec", "priorityClassName")
	requireField(t, prometheus, "standard", "spec", "storage", "volumeClaimTemplate", "spec", "storageClassName")
	requireField(t, prometheus, float64(16), "spec", "containers", 0, "readinessProbe", "successThreshold")
	requireField(t, prometheus, "ScheduleAnyway", "spec", "topologySpreadConstraints", 0, "whenUnsatisfiable")
	requireField(t, prometheus, "kubernetes.io/hostname", "spec", "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", 0, "podAffinityTerm", "topologyKey")
	requireField(t, only(t, all, "Service", "kps-prometheus"), "ClientIP", "spec", "sessionAffinity")
	each := only(t, all, "List", "kps-prometheus-serviceperreplica")
	requireField(t, each, "kps-prometheus-1", "items", 1, "metadata", "name")
	requireField(t, each, "prometheus-kps-1", "items", 1, "spec", "selector", "statefulset.kubernetes.io/pod-name")
	requireLeavesLostNodes(t, field(only(t, all, "Deployment", "kps-operator"), "spec", "template", "spec"))
	budget := only(t, all, "PodDisruptionBudget", "kps-prometheus")
	requireField(t, budget, float64(1), "spec", "minAvailable")
	requireField(t, budget, nil, "spec", "maxUnavailable") // an API server refuses both together
}

func TestAdapterRunsTwo(t *testing.T) {
	s := adapter(t, survival)
	s.requireKnownKeys(t, "readinessProbe.periodSeconds", "podDisruptionBudget.unhealthyPodEvictionPolicy")
	s.requireEffect(t,
		"fullnameOverride", "certManager.enabled", // what the chart does without them, too
		"podDisruptionBudget.maxUnavailable", // the chart's default, for now
	)
	all := s.objects(t)
	requireSchemas(t, s, all)
	deployment := only(t, all, "Deployment", "prometheus-adapter")
	requireField(t, deployment, "autoscaling", "spec", "template", "spec", "priorityClassName")
	requireLeavesLostNodes(t, field(deployment, "spec", "template", "spec"))
	requireSpread(t, deployment)
	requireBudget(t, all, "prometheus-adapter", deployment)
}

func TestIngressControllerRunsTwo(t *testing.T) {
	s := controller(t, survival)
	s.requireKnownKeys(t,
		"controller.service.httpPort.nodePort", "controller.resources.limits.memory",
		"controller.podDisruptionBudget.maxUnavailable", "controller.topologySpreadConstraints", "controller.priorityClassName",
	)
	s.requireEffect(t, "controller.ingressClass.name") // the chart's default, for now
	all := s.objects(t)
	requireSchemas(t, s, all)
	deployment := only(t, all, "Deployment", "nginx-ingress-controller")
	requireField(t, deployment, float64(2), "spec", "replicas")
	requireField(t, deployment, "autoscaling", "spec", "template", "spec", "priorityClassName")
	requireLeavesLostNodes(t, field(deployment, "spec", "template", "spec"))
	requireSpread(t, deployment)
	budget := only(t, all, "PodDisruptionBudget", "nginx-ingress-controller")
	requireField(t, budget, float64(1), "spec", "maxUnavailable")
}

func TestGatewayFabricRunsTwo(t *testing.T) {
	s := gateway(t, survival)
	s.requireKnownKeys(t)
	s.requireEffect(t, "nginxGateway.gatewayClassName") // the chart's default, for now
	all := s.objects(t)
	requireSchemas(t, s, all)
	proxy := field(pick(all, "NginxProxy")[0], "spec", "kubernetes", "deployment")
	if got := field(proxy, "replicas"); got != float64(2) {
		t.Errorf("there are %v NGINX, want 2", got)
	}
	requireLeavesLostNodes(t, field(proxy, "pod"))
	control := only(t, all, "Deployment", "nginx-gateway-fabric")
	requireField(t, control, float64(2), "spec", "replicas")
	requireField(t, control, "autoscaling", "spec", "template", "spec", "priorityClassName")
	requireLeavesLostNodes(t, field(control, "spec", "template", "spec"))
	requireField(t, only(t, all, "PodDisruptionBudget", "nginx-gateway-fabric"), float64(1), "spec", "maxUnavailable")
	requireBudget(t, all, "nginx-nginx", nil)
}

// requireLeavesLostNodes requires that both taints of a lost node are tolerated for ten seconds.
func requireLeavesLostNodes(t *testing.T, pod any) {
	t.Helper()
	for i, key := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		if field(pod, "tolerations", i, "key") != key || field(pod, "tolerations", i, "tolerationSeconds") != float64(10) {
			t.Errorf("%s is not tolerated for 10 s: %v", key, field(pod, "tolerations"))
		}
	}
}

// requireSpread requires rules that select the Deployment's own pods, and only as preferences.
func requireSpread(t *testing.T, deployment object) {
	t.Helper()
	pod := field(deployment, "spec", "template", "spec")
	for _, rule := range []any{
		field(pod, "topologySpreadConstraints", 0),
		field(pod, "affinity", "podAntiAffinity", "preferredDuringSchedulingIgnoredDuringExecution", 0, "podAffinityTerm"),
	} {
		requireSelects(t, field(rule, "labelSelector", "matchLabels"), deployment)
		if got, _ := field(rule, "matchLabelKeys").([]any); !slices.Contains(got, any("pod-template-hash")) {
			t.Errorf("pods of an older revision count too: %v", rule)
		}
	}
	if got := field(pod, "topologySpreadConstraints", 0, "whenUnsatisfiable"); got != "ScheduleAnyway" {
		t.Errorf("whenUnsatisfiable is %v, want ScheduleAnyway", got)
	}
	if got := field(pod, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"); got != nil {
		t.Errorf("on one node a second pod would never start: %v", got)
	}
}

// requireBudget requires a budget for one pod at a time, which selects the Deployment's pods if one is given.
func requireBudget(t *testing.T, all []object, name string, deployment object) {
	t.Helper()
	budget := only(t, all, "PodDisruptionBudget", name)
	requireField(t, budget, float64(1), "spec", "maxUnavailable")
	requireField(t, budget, "AlwaysAllow", "spec", "unhealthyPodEvictionPolicy")
	if deployment != nil {
		requireSelects(t, field(budget, "spec", "selector", "matchLabels"), deployment)
	}
}

func requireSelects(t *testing.T, selector any, deployment object) {
	t.Helper()
	wanted, _ := selector.(map[string]any)
	if len(wanted) == 0 {
		t.Fatalf("%v selects everything", selector)
	}
	for label, value := range wanted {
		requireField(t, deployment, value, "spec", "template", "metadata", "labels", label)
	}
}

// requireBundledSchemas checks objects of the operator's kinds against the definitions of kube-prometheus-stack, if
// there is a copy of it, and all others against Kubernetes' types.
func requireBundledSchemas(t *testing.T, s subject, all []object) {
	t.Helper()
	custom := func(o object) bool { return strings.HasPrefix(fmt.Sprint(o["apiVersion"]), "monitoring.coreos.com/") }
	requireSchemas(t, s, slices.DeleteFunc(slices.Clone(all), custom))
	if os.Getenv("UPSTREAM_CHARTS") != "" {
		other := subject{dir: filepath.Join(chartsDir(t), "kube-prometheus-stack")}
		other.chart = other.fresh(t)
		requireSchemas(t, other, slices.DeleteFunc(slices.Clone(all), func(o object) bool { return !custom(o) }))
	}
}
