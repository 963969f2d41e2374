// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
)

func deployment(t *testing.T, values string) *apps.Deployment {
	t.Helper()
	var d apps.Deployment
	object(t, mustRender(t, release{"heavywork", values}), "deployment.yaml", &d)
	return &d
}

func TestObjectNames(t *testing.T) {
	tests := []struct {
		name string
		release
		want string
	}{
		{"release says heavywork", release{"heavywork", ""}, "heavywork"},
		{"release contains heavywork", release{"my-heavywork", ""}, "my-heavywork"},
		{"other release", release{"demo", ""}, "demo-heavywork"},
		{"name override", release{"demo", "nameOverride: work"}, "demo-work"},
		{"full name override", release{"demo", "fullnameOverride: work"}, "work"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rendered := mustRender(t, tt.release)
			var d apps.Deployment
			var s core.Service
			object(t, rendered, "deployment.yaml", &d)
			object(t, rendered, "service.yaml", &s)
			if d.Name != tt.want || s.Name != tt.want {
				t.Errorf("deployment %q, service %q; want %q", d.Name, s.Name, tt.want)
			}
		})
	}
}

func TestReplicas(t *testing.T) {
	if d := deployment(t, "replicaCount: 4"); d.Spec.Replicas != nil {
		t.Errorf("with autoscaling: got replicas %d, want none: an upgrade would reset the autoscaler's choice", *d.Spec.Replicas)
	}
	if d := deployment(t, "autoscaling: {enabled: false}\nreplicaCount: 4"); d.Spec.Replicas == nil || *d.Spec.Replicas != 4 {
		t.Errorf("without autoscaling: got replicas %v, want 4", d.Spec.Replicas)
	}
}

// TestStartIsAwaited parses the post-start hook with the program's own parser.
func TestStartIsAwaited(t *testing.T) {
	container := deployment(t, "ports: {metrics: 9000}").Spec.Template.Spec.Containers[0]
	if container.Lifecycle == nil || container.Lifecycle.PostStart == nil || container.Lifecycle.PostStart.Exec == nil {
		t.Fatal("no post-start hook: the first probe could come before the program listens")
	}
	command := container.Lifecycle.PostStart.Exec.Command
	if command[0] != "/heavywork" {
		t.Errorf("the hook runs %q, want /heavywork, the only program in the image", command[0])
	}
	got, err := config.Parse(command[1:], func(string) (string, bool) { return "", false })
	if err != nil || got.Action != config.AwaitReady || got.MetricsPort != 9000 {
		t.Errorf("the hook's arguments are %q: got %+v, error %v; want to await port 9000", command[1:], got, err)
	}
}

// TestArgumentsAreThoseTheProgramTakes parses the rendered arguments with the program's own parser.
func TestArgumentsAreThoseTheProgramTakes(t *testing.T) {
	d := deployment(t, "ports: {http: 9080, metrics: 9000}\ndrainSeconds: 30\nshutdownTimeoutSeconds: 60\nlogLevel: warn")
	noEnv := func(string) (string, bool) { return "", false }
	got, err := config.Parse(d.Spec.Template.Spec.Containers[0].Args, noEnv)
	want := config.Config{Port: 9080, MetricsPort: 9000, Drain: 30 * time.Second, ShutdownTimeout: time.Minute, LogLevel: slog.LevelWarn}
	if err != nil || got != want {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}

// TestDefaultsAreThoseOfTheProgram keeps the two sets of defaults from drifting apart.
func TestDefaultsAreThoseOfTheProgram(t *testing.T) {
	noEnv := func(string) (string, bool) { return "", false }
	want, err := config.Parse(nil, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	got, err := config.Parse(deployment(t, "").Spec.Template.Spec.Containers[0].Args, noEnv)
	if err != nil || got != want {
		t.Errorf("got %+v, error %v; want %+v", got, err, want)
	}
}

func TestGracePeriodOutlastsDrainAndShutdown(t *testing.T) {
	for _, tt := range []struct{ drain, shutdown int64 }{{0, 1}, {5, 10}, {600, 600}} {
		t.Run(fmt.Sprintf("drain %d shutdown %d", tt.drain, tt.shutdown), func(t *testing.T) {
			d := deployment(t, fmt.Sprintf("drainSeconds: %d\nshutdownTimeoutSeconds: %d", tt.drain, tt.shutdown))
			if got := *d.Spec.Template.Spec.TerminationGracePeriodSeconds; got <= tt.drain+tt.shutdown {
				t.Errorf("grace period: got %d s, want more than %d s", got, tt.drain+tt.shutdown)
			}
		})
	}
}

func TestPodNeedsNoPrivilege(t *testing.T) {
	pod := deployment(t, "").Spec.Template.Spec
	container := pod.Containers[0].SecurityContext
	for what, holds := range map[string]bool{
		"runs as non-root":              *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
		"runtime default seccomp":       pod.SecurityContext.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault,
		"no service account token":      !*pod.AutomountServiceAccountToken,
		"no service links":              !*pod.EnableServiceLinks,
		"read-only root":                *container.ReadOnlyRootFilesystem,
		"no privilege escalation":       !*container.AllowPrivilegeEscalation,
		"drops every capability":        len(container.Capabilities.Drop) == 1 && container.Capabilities.Drop[0] == "ALL",
		"adds no capability":            len(container.Capabilities.Add) == 0,
		"no volumes":                    len(pod.Volumes) == 0,
		"no host network, pid or ports": !pod.HostNetwork && !pod.HostPID && pod.Containers[0].Ports[0].HostPort == 0,
	} {
		if !holds {
			t.Errorf("not true: %s", what)
		}
	}
}

func TestSelectorIsStable(t *testing.T) {
	want := map[string]string{"app.kubernetes.io/name": "heavywork", "app.kubernetes.io/instance": "heavywork"}
	d := deployment(t, "image: {tag: other}")
	if got := d.Spec.Selector.MatchLabels; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("selector: got %v, want %v: it cannot change in an upgrade", got, want)
	}
	for key, value := range want {
		if got := d.Spec.Template.Labels[key]; got != value {
			t.Errorf("pod label %s: got %q, want %q", key, got, value)
		}
	}
}

// TestObjectsHaveOnlyKnownFields renders every object that has a type here; the API server would
// drop a misspelt field with only a warning.
func TestObjectsHaveOnlyKnownFields(t *testing.T) {
	values, err := os.ReadFile("testdata/ingress.values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rendered := mustRender(t, release{"heavywork", string(values)})
	object(t, rendered, "deployment.yaml", &apps.Deployment{})
	object(t, rendered, "service.yaml", &core.Service{})
	object(t, rendered, "serviceaccount.yaml", &core.ServiceAccount{})
	object(t, rendered, "ingress.yaml", &networking.Ingress{})
	object(t, rendered, "networkpolicy.yaml", &networking.NetworkPolicy{})
}

func TestExposureIsOneOrNone(t *testing.T) {
	tests := []struct {
		name, values string
		want, not    []string
		note         string
	}{
		{"none", "exposure: none", nil, []string{"ingress.yaml", "httproute.yaml"}, "port-forward service/heavywork 8080"},
		{"ingress", "exposure: ingress", []string{"ingress.yaml"}, []string{"httproute.yaml"}, "curl -X POST http://INGRESS_ADDRESS/heavywork"},
		{"ingress without a class", "{exposure: ingress, ingress: {className: ''}}", []string{"ingress.yaml"}, []string{"httproute.yaml"}, "INGRESS_ADDRESS"},
		{"httpRoute", "{exposure: httpRoute, hostnames: [a.example], httpRoute: {parentRef: {name: gw}}}", []string{"httproute.yaml"}, []string{"ingress.yaml"},
			"curl -X POST -H 'Host: a.example' http://GATEWAY_ADDRESS/heavywork"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rendered := mustRender(t, release{"heavywork", tt.values})
			for _, file := range tt.want {
				object(t, rendered, file, &map[string]any{})
			}
			for _, file := range tt.not {
				if text := rendered[file]; text != "" {
					t.Errorf("%s rendered although the exposure is another:\n%s", file, text)
				}
			}
			if notes := rendered["NOTES.txt"]; !strings.Contains(notes, tt.note) {
				t.Errorf("notes lack %q:\n%s", tt.note, notes)
			}
		})
	}
}

// TestDisruptionBudget requires a budget that selects the replicas, and blocks no drain forever.
func TestDisruptionBudget(t *testing.T) {
	if rendered := mustRender(t, release{"demo", ""}); rendered["poddisruptionbudget.yaml"] != "" {
		t.Error("there is a budget although it is not enabled")
	}
	rendered := mustRender(t, release{"demo", "podDisruptionBudget: {enabled: true}\ntopologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]"})
	var budget policy.PodDisruptionBudget
	var d apps.Deployment
	object(t, rendered, "poddisruptionbudget.yaml", &budget)
	object(t, rendered, "deployment.yaml", &d)
	if got := budget.Spec.MaxUnavailable.IntValue(); got != 1 || budget.Spec.MinAvailable != nil || *budget.Spec.UnhealthyPodEvictionPolicy != policy.AlwaysAllow {
		t.Errorf("the budget is %+v; want one pod at a time, and unhealthy pods at any time", budget.Spec)
	}
	for label, value := range budget.Spec.Selector.MatchLabels {
		if d.Spec.Template.Labels[label] != value {
			t.Errorf("the budget selects %s=%s, and the pods have %v", label, value, d.Spec.Template.Labels)
		}
	}
	if len(d.Spec.Template.Spec.TopologySpreadConstraints) != 1 {
		t.Errorf("the pod has the constraints %+v, want the one that was given", d.Spec.Template.Spec.TopologySpreadConstraints)
	}
}
