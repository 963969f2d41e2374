// SPDX-License-Identifier: Apache-2.0

package why

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

func follow(t *testing.T, w *world) Report {
	t.Helper()
	report, err := Follow(t.Context(), Options{Kube: w.client(t), Namespace: "app", Autoscaler: "heavywork"})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.writes) > 0 {
		t.Errorf("it must only read, but did %q", w.writes)
	}
	return report
}

const (
	noTarget   = "__meta_kubernetes_pod_name: heavywork-1"
	gone       = "__meta_kubernetes_pod_name: heavywork-0"
	ourArgs    = "--config-map=monitoring/adapter-config/config.yaml"
	otherArgs  = "--config=/etc/adapter/config.yaml"
	noSeries   = "  - heavywork_requests_total{"
	otherNames = "  - heavywork_other_total{"
	podsMetric = "{type: Pods, pods: {metric: {name: heavywork_requests_per_second}, target: {type: AverageValue, averageValue: \"10\"}}}"
)

// newPod makes one more pod, which is not ready.
func newPod(status string) string {
	return "/api/v1/namespaces/app/pods/heavywork-2:\n  metadata: {namespace: app, name: heavywork-2, labels: {app: heavywork}, creationTimestamp: \"2999-01-01T00:00:00Z\"}\n" +
		"  status: {phase: Pending, " + status + "}\ntargets:"
}

// Each way to break the chain is named by its link, and in words.
func TestMissing(t *testing.T) {
	tests := []struct {
		name  string
		pairs []string // of whole.yaml: old and new
		link  string
		says  string
	}{
		{"another name of the autoscaler", []string{"horizontalpodautoscalers/heavywork:", "horizontalpodautoscalers/other:"}, "autoscaler", "has no HorizontalPodAutoscaler heavywork; it has heavywork"},
		{"no autoscaler", []string{"horizontalpodautoscalers/heavywork:", "others/heavywork:"}, "autoscaler", "has no HorizontalPodAutoscaler heavywork; it has none"},
		{"target is missing", []string{"kind: Deployment, name: heavywork}", "kind: Deployment, name: heavywrok}"}, "pods", "Deployment heavywrok, is not there"},
		{"scaled to zero by hand", []string{"spec: {replicas: 1}", "spec: {replicas: 0}", "phase: Running", "phase: Succeeded"}, "pods", "kubectl -n app scale deployment/heavywork --replicas=1"},
		{"pod is not ready", []string{`{type: Ready, status: "True"}`, `{type: Ready, status: "False", message: "containers with unready status: [heavywork]"}`}, "pods", "unready status"},
		{"no memory for any pod", []string{"phase: Running", "phase: Pending", `{type: Ready, status: "True"}`, `{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient memory."}`}, "pods", "Insufficient memory"},
		{"counter is renamed", []string{"  heavywork_requests_total 42", "  heavywork_request_total 42"}, "counter", "and not heavywork_requests_total; similar ones: heavywork_request_total"},
		{"wrong port name in the ServiceMonitor", []string{"{port: metrics, path", "{port: metrcs, path", noTarget, gone}, "monitor", `port "metrcs" is no port of Service heavywork (http, metrics)`},
		{"ServiceMonitor scrapes another port", []string{"{port: metrics, path", "{port: http, path", noTarget, gone}, "monitor", "it scrapes port 8080, and heavywork_requests_total is on port 8000"},
		{"ServiceMonitor without the label release", []string{"labels: {release: prometheus}}", "labels: {release: prom}}", noTarget, gone}, "monitor", "no Prometheus selects it"},
		{"ServiceMonitor selects no Service", []string{"{app: heavywork}} # of the ServiceMonitor", "{app: other}}", noTarget, gone}, "monitor", "does not select Service heavywork"},
		{"no ServiceMonitor", []string{"namespaces/app/servicemonitors/heavywork", "namespaces/app/others/heavywork", noTarget, gone}, "monitor", "no ServiceMonitor or PodMonitor selects the pods"},
		{"Service selects nothing", []string{"{app: heavywork} # of the Service", "{app: heavy-work}", noTarget, gone}, "monitor", "it selects Service heavywork, which selects no pod: its selector is app=heavy-work, and the pods have app=heavywork"},
		{"Prometheus has not found the pods", []string{noTarget, gone}, "target", "no target of the pods"},
		{"NetworkPolicy keeps Prometheus out", []string{"health: up", "health: down", `lastError: ""`, "lastError: context deadline exceeded", "targets:",
			"/apis/networking.k8s.io/v1/namespaces/app/networkpolicies/closed:\n  metadata: {namespace: app, name: closed}\n  spec: {podSelector: {matchLabels: {app: heavywork}}, policyTypes: [Ingress]}\ntargets:"}, "target", "NetworkPolicies limit who reaches the pods (closed)"},
		{"relabelling drops the series", []string{noSeries, otherNames}, "series", "metricRelabelings"},
		{"label namespace is missing", []string{`total{namespace="app", `, "total{"}, "series", "lack the label namespace"},
		{"label pod has another name", []string{`, pod="heavywork-1"`, `, exported_pod="heavywork-1"`}, "series", "lack the label pod"},
		{"typo in the rule's name", []string{"name: {as: heavywork_requests_per_second}", "name: {as: heavywork_request_per_second}"}, "rule", "Is heavywork_request_per_second meant?"},
		{"metric that no rule makes", []string{"pods: {metric: {name: heavywork_requests_per_second}, target", "pods: {metric: {name: cart_checkouts}, target"}, "rule", "no rule in key"},
		{"unknown field in a rule", []string{"        metricsQuery:", "        metricQuery:"}, "rule", "the rule on line 2 cannot be loaded"},
		{"rules that do not parse", []string{"      rules:\n", "      rules: 1\n      rulez:\n"}, "rule", "must be a list"},
		{"rule without a label for pods", []string{", pod: {resource: pod}}", "}"}, "series", "maps no label to pods"},
		{"query that is no PromQL", []string{"sum(rate(", "summ(rate("}, "query", "unknown function with name \"summ\""},
		{"window of one scrape", []string{"[1m]", "[1s]"}, "query", "A rate needs two scrapes"},
		{"adapter is down", []string{`{type: Available, status: "True", reason: Passed, message: all checks passed}`, `{type: Available, status: "False", reason: MissingEndpoints, message: no endpoints}`,
			"availableReplicas: 1, readyReplicas: 1", "availableReplicas: 0, readyReplicas: 0"}, "api", "MissingEndpoints"},
		{"metrics API has no value", []string{`  items: [{describedObject`, `  others: [{describedObject`}, "values", "no value"},
		{"controller has no value", []string{`{type: ScalingActive, status: "True", reason: ValidMetricFound, message: fine}`, `{type: ScalingActive, status: "False", reason: FailedGetPodsMetric, message: "unable to get metric"}`}, "conditions", "FailedGetPodsMetric: unable to get metric"},
		{"no memory for one more pod", []string{"spec: {replicas: 1}", "spec: {replicas: 2}", "/api/v1/namespaces/app/pods/heavywork-1:\n", "/api/v1/namespaces/app/pods/heavywork-2:\n" +
			"  metadata: {namespace: app, name: heavywork-2, labels: {app: heavywork}}\n  status: {phase: Pending, conditions: [{type: PodScheduled, status: \"False\", message: 1 Insufficient memory}]}\n/api/v1/namespaces/app/pods/heavywork-1:\n"}, "replicas", "1 Insufficient memory"},
		{"quota refuses pods", []string{"spec: {replicas: 1}", "spec: {replicas: 2}", "targets:", "/api/v1/namespaces/app/events/e:\n  metadata: {namespace: app, name: e}\n" +
			"  involvedObject: {kind: ReplicaSet, name: heavywork-7f}\n  type: Warning\n  reason: FailedCreate\n  message: \"exceeded quota: few\"\n  lastTimestamp: \"2999-01-01T00:00:00Z\"\ntargets:"}, "replicas", "pods are refused: exceeded quota: few"},
		{"no ready endpoint", []string{"conditions: {ready: true}", "conditions: {ready: false}"}, "endpoints", "has no ready endpoint"},
		{"image that cannot be pulled", []string{"spec: {replicas: 1}", "spec: {replicas: 2}", "targets:", newPod("containerStatuses: [{name: heavywork, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}]")}, "replicas", "no such image"},
		{"targetPort that no container has", []string{"port: 8080, targetPort: 8080}", "port: 8080, targetPort: htpp}", "ports: [{name: http, port: 8080}, {name: metrics, port: 8000}]", "ports: [{name: metrics, port: 8000}]"}, "endpoints", "port 8080 of Service heavywork has no ready endpoint: its targetPort is htpp"},
		{"HTTPRoute is not accepted", []string{`{type: Accepted, status: "True", reason: Accepted}`, `{type: Accepted, status: "False", reason: NoMatchingParent, message: no listener}`}, "route", "NoMatchingParent: no listener"},
		{"HTTPRoute is not accepted, and one of another workload is", []string{`{type: Accepted, status: "True", reason: Accepted}`, `{type: Accepted, status: "False", reason: NoMatchingParent, message: no listener}`,
			"targets:", "/api/v1/namespaces/app/services/other:\n  metadata: {namespace: app, name: other}\n  spec: {selector: {app: heavywork, tier: api}}\n" +
				"/apis/gateway.networking.k8s.io/v1/namespaces/app/httproutes/other:\n  metadata: {namespace: app, name: other}\n  spec: {parentRefs: [{name: nginx}], rules: [{backendRefs: [{name: other}]}]}\n  status: {parents: [{conditions: [{type: Accepted, status: \"True\"}]}]}\ntargets:"}, "route", "NoMatchingParent: no listener"},
		{"HTTPRoute that no controller takes", []string{"status: {parents: [{", "status: {others: [{"}, "route", "it names the Gateway nginx"},
	}
	for _, adapter := range []string{ourArgs, otherArgs} {
		for _, tt := range tests {
			t.Run(tt.name+" "+adapter[:8], func(t *testing.T) {
				pairs := append(tt.pairs, ourArgs, adapter)
				if slices.Contains([]string{"counter", "monitor", "target"}, tt.link) {
					pairs = append(pairs, noSeries, otherNames)
				}
				report := follow(t, newWorld(t, pairs...))
				if report.Missing == nil || report.Missing.Name != tt.link {
					t.Fatalf("want %s to be missing:\n%s", tt.link, report.Text())
				}
				if text := report.Text(); !strings.Contains(text, tt.says) || report.Missing.Means == "" || report.Missing.Do == "" {
					t.Errorf("want it to say %q, what that means and what to do:\n%s", tt.says, text)
				}
			})
		}
	}
}

// asleep makes a workload that an activator has scaled to zero.
var asleep = []string{"spec: {replicas: 1}", "spec: {replicas: 0}", "phase: Running", "phase: Succeeded", "kubernetes.io/service-name: heavywork}", "kubernetes.io/service-name: heavywork, endpointslice.kubernetes.io/managed-by: activator.nginx-prometheus-hpa}",
	`{type: ScalingActive, status: "True", reason: ValidMetricFound`, `{type: ScalingActive, status: "False", reason: ScalingDisabled`}

// A complete chain has no missing link, and the report says if nothing needs to scale.
func TestWhole(t *testing.T) {
	tests := []struct {
		name  string
		pairs []string
		says  string
	}{
		{"below the target", nil, "heavywork_requests_per_second is 1 of 10"},
		{"with prometheus-adapter", []string{ourArgs, otherArgs}, "line 2 of key"},
		{"within the tolerance", []string{`current: {averageValue: "1"}`, `current: {averageValue: "10500m"}`}, "within the tolerance of 10 %"},
		{"at the maximum", []string{`{type: ScalingLimited, status: "False", reason: DesiredWithinRange, message: fine}`, `{type: ScalingLimited, status: "True", reason: TooManyReplicas, message: fine}`}, "it is at the maximum, 5"},
		{"at the minimum without a value", []string{`current: {averageValue: "1"}`, "current: {}", `{type: ScalingLimited, status: "False", reason: DesiredWithinRange, message: fine}`, `{type: ScalingLimited, status: "True", reason: TooFewReplicas, message: fine}`}, "because the autoscaler has no value of a metric that is checked here"},
		{"rule with a pattern", []string{`heavywork_requests_total{namespace!=""`, `'{__name__=~"heavywork_.*_total",namespace!=""`, `pod!=""}`, `pod!=""}'`,
			"name: {as: heavywork_requests_per_second}", "name: {matches: ^(.*)_total$, as: '${1}_per_second'}"}, "from heavywork_requests_total"},
		{"rule with a template", []string{"resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}", "resources: {template: '<<.Resource>>'}"}, "1 series of heavywork_requests_total"},
		{"PodMonitor", []string{"namespaces/app/servicemonitors/heavywork", "namespaces/app/podmonitors/heavywork", "endpoints: [{port: metrics", "podMetricsEndpoints: [{port: metrics"}, "PodMonitor app/heavywork scrapes port 8000"},
		{"metric of a Service", []string{podsMetric, "{type: Object, object: {metric: {name: heavywork_requests_per_second}, describedObject: {apiVersion: v1, kind: Service, name: heavywork}, target: {type: Value, value: \"10\"}}}",
			"pod: {resource: pod}", "service: {resource: service}", `pod!=""`, `service!=""`, `, pod="heavywork-1"`, `, service="heavywork"`, "app/pods/*/heavywork_requests", "app/services/heavywork/heavywork_requests"}, "of Service heavywork"},
		{"two metrics", []string{podsMetric, podsMetric + ", " + podsMetric}, "heavywork_requests_per_second: heavywork_requests_total is 42 in pod heavywork-1, on port 8000"},
		{"external metric", []string{podsMetric, strings.ReplaceAll(strings.Replace(podsMetric, "Pods", "External", 1), "pods:", "external:"), "custom.metrics", "external.metrics", "      rules:", "      externalRules:",
			"app/pods/*/heavywork_requests", "app/heavywork_requests"}, "1 values, 1 in total"},
		{"series from elsewhere", []string{"  heavywork_requests_total 42", "  other_total 42", "namespaces/app/servicemonitors/heavywork", "namespaces/app/others/heavywork", noTarget, gone}, "Prometheus has no target of the pods; Prometheus has the series of every ready pod all the same"},
		{"target that is not ready", []string{"targets:", newPod("containerStatuses: []") + "\n  - {discoveredLabels: {__meta_kubernetes_namespace: app, __meta_kubernetes_pod_name: heavywork-2}, scrapeUrl: 'http://10.0.0.2:8000/metrics', health: down, lastError: refused}",
			"spec: {replicas: 1}", "spec: {replicas: 2}"}, ", 1 starting"},
		{"target before its first scrape", []string{"health: up", "health: unknown"}, "Prometheus has not scraped the pods yet"},
		{"rule with a pattern for series that are not there", []string{`heavywork_requests_total{namespace!=""`, `'{__name__=~"heavy_.*_total",namespace!=""`, `pod!=""}`, `pod!=""}'`,
			"name: {as: heavywork_requests_per_second}", "name: {matches: ^(.*)_total$, as: '${1}_per_second'}"}, "the rules on lines 2 select no series"},
		{"zero by the autoscaler", []string{"minReplicas: 1", "minReplicas: 0", "spec: {replicas: 1}", "spec: {replicas: 0}", "phase: Running", "phase: Succeeded"}, "the autoscaler itself may scale it to zero"},
		{"zero by KEDA", []string{"name: heavywork}\n  spec:\n    scaleTargetRef", "name: heavywork, ownerReferences: [{kind: ScaledObject, name: heavywork, controller: true}]}\n  spec:\n    scaleTargetRef", "spec: {replicas: 1}", "spec: {replicas: 0}", "phase: Running", "phase: Succeeded",
			`{type: ScalingActive, status: "True", reason: ValidMetricFound`, `{type: ScalingActive, status: "False", reason: ScalingDisabled`}, "KEDA adds the first one"},
		{"Service of another workload", []string{"{app: heavywork} # of the Service", "{app: heavywork, tier: api}", "services/heavywork:\n  metadata: {namespace: app, name: heavywork,", "services/other:\n  metadata: {namespace: app, name: other,"}, "no Service selects the pods; Service other selects no pod"},
		{"one of two Gateways", []string{"parents: [{", `parents: [{conditions: [{type: Accepted, status: "False", reason: NotAllowedByListeners}]}, {`}, "HTTPRoute app/heavywork is accepted"},
		{"CPU only", []string{podsMetric, "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}"}, "CPU or memory only"},
		{"asleep", asleep, "0 replicas: none is decided until the workload is awake"},
		{"asleep, with another Service", append([]string{"targets:", "/api/v1/namespaces/app/services/metrics:\n  metadata: {namespace: app, name: metrics}\n  spec: {selector: {app: heavywork}, ports: [{port: 8000}]}\ntargets:"}, asleep...), "Service metrics has 0 ready endpoints"},
		{"asleep, and the Service asks for one more label", append([]string{"{app: heavywork} # of the Service", "{app: heavywork, tier: web}"}, asleep...), "an activator wakes it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := follow(t, newWorld(t, tt.pairs...))
			if text := report.Text(); report.Missing != nil || !strings.Contains(text, tt.says) || !strings.Contains(text, "the chain is whole") {
				t.Errorf("want nothing to be missing, and %q:\n%s", tt.says, text)
			}
		})
	}
}

// A link that the credentials do not permit to read names the permission, and does not count as missing.
func TestPermissions(t *testing.T) {
	for path, permission := range map[string]string{
		"pods/heavywork-1:8000/proxy": `"get" on the resource "pods/proxy"`,
		"services/http:prometheus":    `"get" on the resource "services/proxy"`,
		"/configmaps/":                `"get" on the resource "configmaps"`,
		"/apiservices/":               `"get" on the resource "apiservices"`,
		"/monitoring/deployments":     `"list" on the resource "deployments"`,
		"/servicemonitors":            `"list" on the resource "servicemonitors"`,
		"/app/pods":                   `"list" on the resource "pods"`,
		"/scale":                      `"get" on the resource "deployments/scale"`,
		"/events":                     `"list" on the resource "events"`,
		"/endpointslices":             `"list" on the resource "endpointslices"`,
		"/leases":                     `"list" on the resource "leases"`,
		"/httproutes":                 `"list" on the resource "httproutes"`,
		"/custom.metrics.k8s.io/v1beta1/namespaces": `"get" on the resource "pods/heavywork_requests_per_second"`,
	} {
		t.Run(strings.Trim(strings.ReplaceAll(path, "/", " "), " "), func(t *testing.T) {
			w := newWorld(t)
			w.refuse = func(asked string) int {
				if strings.Contains(asked, path) {
					return http.StatusForbidden
				}
				return 0
			}
			if report := follow(t, w); report.Missing != nil || !strings.Contains(report.Text(), permission) {
				t.Errorf("want it to name the permission %s and no missing link:\n%s", permission, report.Text())
			}
		})
	}
}

// What credentials for one namespace cannot see is unknown, and so not missing.
func TestPermissionsForOneNamespace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		refused []string // parts of paths
		pairs   []string
		says    string
	}{
		{"rule with a pattern", []string{"/proxy"}, []string{`heavywork_requests_total{namespace!=""`, `'{__name__=~"heavywork_.*_total",namespace!=""`, `pod!=""}`, `pod!=""}'`,
			"name: {as: heavywork_requests_per_second}", "name: {matches: ^(.*)_total$, as: '${1}_per_second'}"}, "which series the rule on line 2 selects is not known: no Prometheus could be asked"},
		{"monitor in another namespace", []string{"/proxy", "v1/servicemonitors", "v1/podmonitors"}, []string{"namespaces/app/servicemonitors", "namespaces/monitoring/servicemonitors",
			"metadata: {namespace: app, name: heavywork, labels: {release", "metadata: {namespace: monitoring, name: heavywork, labels: {release",
			"targets:", "/apis/monitoring.coreos.com/v1/namespaces/app/servicemonitors/cart:\n  metadata: {namespace: app, name: cart}\n  spec: {selector: {matchLabels: {app: cart}}, endpoints: [{port: http}]}\ntargets:"}, "what else Prometheus scrapes is not known"},
		{"Prometheus in another namespace", []string{"v1/prometheuses"}, []string{"targets:", "/apis/monitoring.coreos.com/v1/namespaces/app/prometheuses/own:\n  metadata: {namespace: app, name: own}\n  spec: {serviceMonitorSelector: {matchLabels: {release: own}}}\ntargets:"}, "ServiceMonitor app/heavywork scrapes port 8000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.pairs...)
			w.refuse = func(asked string) int {
				if slices.ContainsFunc(tt.refused, func(part string) bool { return strings.Contains(asked, part) }) {
					return http.StatusForbidden
				}
				return 0
			}
			if report := follow(t, w); report.Missing != nil || !strings.Contains(report.Text(), tt.says) {
				t.Errorf("want %q and no missing link:\n%s", tt.says, report.Text())
			}
		})
	}
}

// Servers that do not answer.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		path  string
		code  int
		pairs []string
		link  string
		said  string
	}{
		{prometheusProxy, http.StatusServiceUnavailable, nil, "prometheus", "no endpoints available for service"},
		{prometheusProxy, http.StatusServiceUnavailable, nil, "", "error trying to reach service: connection refused"}, // the adapter may reach it
		{"/api/v1/namespaces/monitoring/configmaps/", http.StatusNotFound, nil, "rule", "refused"},
		{"/apis/apiregistration.k8s.io/", http.StatusNotFound, nil, "api", "refused"},
		{"/apis/monitoring.coreos.com/", http.StatusNotFound, nil, "", "refused"}, // no operator, but Prometheus scrapes the pods anyway
		{"/apis/monitoring.coreos.com/", http.StatusNotFound, []string{noTarget, gone, noSeries, otherNames}, "target", "refused"},
		{"/apis/custom.metrics.k8s.io/v1beta1/namespaces", http.StatusGatewayTimeout, nil, "", "refused"},
	} {
		w := newWorld(t, tt.pairs...)
		w.because = tt.said
		w.refuse = func(asked string) int {
			if strings.HasPrefix(asked, tt.path) {
				return tt.code
			}
			return 0
		}
		report := follow(t, w)
		if link := report.Missing; tt.link == "" && link != nil || tt.link != "" && (link == nil || link.Name != tt.link) {
			t.Errorf("without %s want %q to be missing:\n%s", tt.path, tt.link, report.Text())
		}
	}
}
