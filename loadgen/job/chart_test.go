// SPDX-License-Identifier: Apache-2.0

package job

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// The chart is what starts the pods whose results this package collects: what
// the two must agree on is checked here.

const chartDir = "../chart"

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render returns the objects of the third revision of release load in namespace
// app.
func render(t *testing.T, values string) (map[string]string, error) {
	t.Helper()
	c := loadChart(t)
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		t.Fatal(err)
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	all, err := chartutil.ToRenderValues(c, given, chartutil.ReleaseOptions{Name: "load", Namespace: "app", Revision: 3}, capabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{}.Render(c, all)
	if err != nil {
		return nil, err
	}
	rendered := map[string]string{}
	for name, text := range files {
		rendered[path.Base(name)] = text
	}
	return rendered, nil
}

func objects(t *testing.T, values string) (batchv1.Job, corev1.Service) {
	t.Helper()
	rendered, err := render(t, values)
	if err != nil {
		t.Fatal(err)
	}
	var (
		j batchv1.Job
		s corev1.Service
	)
	for file, into := range map[string]any{"job.yaml": &j, "service.yaml": &s} {
		if err := yaml.UnmarshalStrict([]byte(rendered[file]), into); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, rendered[file])
		}
	}
	return j, s
}

const target = "target: http://nginx.ingress.svc/heavywork\n"

func TestTheJobIsWhatCollectLooksFor(t *testing.T) {
	j, s := objects(t, target+"pods: 3")
	if j.Name != "load-3" || j.Namespace != "app" || j.Labels["app.kubernetes.io/name"] != chartName || j.Labels["app.kubernetes.io/instance"] != "load" {
		t.Errorf("the Job is %s/%s with labels %v, want app/load-3 that Collect finds", j.Namespace, j.Name, j.Labels)
	}
	if *j.Spec.CompletionMode != batchv1.IndexedCompletion || *j.Spec.Completions != 3 || *j.Spec.Parallelism != 3 || *j.Spec.BackoffLimit != 0 {
		t.Errorf("the Job is %+v, want three indexes at once and no retry", j.Spec)
	}
	if j.Spec.TTLSecondsAfterFinished != nil {
		t.Errorf("the Job is deleted %d s after its end, want it kept", *j.Spec.TTLSecondsAfterFinished)
	}
	container := j.Spec.Template.Spec.Containers[0]
	if container.Name != containerName {
		t.Errorf("the container is %s, want %s, whose log is read", container.Name, containerName)
	}
	wantSelector := map[string]string{batchv1.JobNameLabel: j.Name, batchv1.JobCompletionIndexAnnotation: "0"}
	if !maps.Equal(s.Spec.Selector, wantSelector) || !s.Spec.PublishNotReadyAddresses {
		t.Errorf("the Service selects %v, want the first pod, ready or not", s.Spec.Selector)
	}
	if want := "--meet=load-3.app.svc:7070"; s.Name != "load-3" || s.Spec.Ports[0].Port != 7070 || !slices.Contains(container.Args, want) {
		t.Errorf("Service %s has port %d, and the arguments are %q, want %s among them", s.Name, s.Spec.Ports[0].Port, container.Args, want)
	}
	if container.Ports[0].ContainerPort != 7070 || container.Ports[0].Name != s.Spec.Ports[0].TargetPort.StrVal {
		t.Errorf("the container's port is %+v, want the one the Service leads to", container.Ports[0])
	}
}

func TestValuesReachTheProgram(t *testing.T) {
	j, _ := objects(t, target+`
image: {repository: localhost/loadgen, tag: abc}
profile: "constant:rate=40,duration=30"
pods: 2
seed: 9007199254740991
maxInFlight: 100
requestTimeoutSeconds: 7
meetTimeoutSeconds: 60
ttlSecondsAfterFinished: 0
run: second
`)
	container := j.Spec.Template.Spec.Containers[0]
	want := []string{
		"cluster", "worker", "--target=http://nginx.ingress.svc/heavywork", "--profile=constant:rate=40,duration=30",
		"--seed=9007199254740991", "--pods=2", "--max-in-flight=100", "--timeout=7s", "--meet=load-3.app.svc:7070", "--meet-timeout=60s",
	}
	if !slices.Equal(container.Args, want) {
		t.Errorf("arguments are\n%q, want\n%q", container.Args, want)
	}
	if container.Image != "localhost/loadgen:abc" || j.Annotations["loadgen/run"] != "second" || *j.Spec.TTLSecondsAfterFinished != 0 {
		t.Errorf("image %s, annotations %v, TTL %v", container.Image, j.Annotations, j.Spec.TTLSecondsAfterFinished)
	}
	if grace := *j.Spec.Template.Spec.TerminationGracePeriodSeconds; grace <= 7 {
		t.Errorf("a terminated pod has %d s, want more than a request may take", grace)
	}
}

// Text that YAML could parse as something else: a profile may span several
// lines, or have blanks after its colons.
func TestArgumentsAreTextWhateverTheyHold(t *testing.T) {
	const profile = "constant: rate=1, duration=1; #\n\"constant\\t:rate=2\n"
	for _, tt := range []struct{ name, value string }{{"profile", profile}, {"target", "http://nginx/a'b\"c:#d"}} {
		values, err := json.Marshal(map[string]string{"target": "http://nginx/heavywork", tt.name: tt.value})
		if err != nil {
			t.Fatal(err)
		}
		j, _ := objects(t, string(values))
		if want := "--" + tt.name + "=" + tt.value; !slices.Contains(j.Spec.Template.Spec.Containers[0].Args, want) {
			t.Errorf("arguments %q lack %q", j.Spec.Template.Spec.Containers[0].Args, want)
		}
	}
}

// The rules of the Pod Security Standard "restricted" that a pod itself must
// meet, and stricter ones.
func TestPodsAreRestricted(t *testing.T) {
	j, _ := objects(t, target)
	pod := j.Spec.Template.Spec
	container := pod.Containers[0].SecurityContext
	switch {
	case !*pod.SecurityContext.RunAsNonRoot, *pod.SecurityContext.RunAsUser == 0,
		pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault,
		*container.AllowPrivilegeEscalation, !*container.ReadOnlyRootFilesystem,
		!slices.Equal(container.Capabilities.Drop, []corev1.Capability{"ALL"}), *pod.AutomountServiceAccountToken:
		t.Errorf("pod: %+v\ncontainer: %+v", pod.SecurityContext, container)
	}
	if pod.Containers[0].Resources.Requests == nil || pod.Containers[0].Resources.Limits.Memory().IsZero() {
		t.Errorf("resources are %+v, want requests and a limit of memory", pod.Containers[0].Resources)
	}
}

// Each path of the pods has a rule: to meet, to look names up, and to send.
func TestThePolicyAllowsWhatThePodsNeed(t *testing.T) {
	rendered, err := render(t, target+"networkPolicy: {enabled: true, targetNamespace: edge, targetPort: 8080}")
	if err != nil {
		t.Fatal(err)
	}
	var policy networkingv1.NetworkPolicy
	if err := yaml.UnmarshalStrict([]byte(rendered["networkpolicy.yaml"]), &policy); err != nil {
		t.Fatalf("%v\n%s", err, rendered["networkpolicy.yaml"])
	}
	j, _ := objects(t, target)
	for key, value := range policy.Spec.PodSelector.MatchLabels {
		if j.Spec.Template.Labels[key] != value {
			t.Errorf("the policy is for pods with %s=%s, and the Job's have %q", key, value, j.Spec.Template.Labels[key])
		}
	}
	if len(policy.Spec.PolicyTypes) != 2 || len(policy.Spec.Ingress) != 1 || policy.Spec.Ingress[0].Ports[0].Port.IntVal != 7070 {
		t.Errorf("the policy is %+v, want both directions, and inwards the port where the pods meet", policy.Spec)
	}
	var ports []int32
	for _, rule := range policy.Spec.Egress {
		if len(rule.To) != 1 {
			t.Errorf("a rule outwards leads to %v, want one peer", rule.To)
		}
		ports = append(ports, rule.Ports[0].Port.IntVal)
	}
	if !slices.Equal(ports, []int32{7070, 53, 8080}) {
		t.Errorf("outwards the ports are %v, want those to meet, to look names up and to send", ports)
	}
	if rendered, err = render(t, target); err != nil || strings.TrimSpace(rendered["networkpolicy.yaml"]) != "" {
		t.Errorf("without being asked for there is a policy, or the error %v:\n%s", err, rendered["networkpolicy.yaml"])
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct{ name, values, want string }{
		{"no target", "pods: 2", "target is empty: give the URL"},
		{"target without a scheme", "target: nginx/heavywork", "/target"},
		{"target with credentials", "target: http://user:secret@nginx/heavywork", "target has credentials in it, or no host"},
		{"target with a password that is no URL", "target: http://user:secret/@nginx/heavywork", "target has credentials in it, or no host"},
		{"misspelt key", target + "profil: x", "profil"},
		{"no pods", target + "pods: 0", "/pods"},
		{"too many pods", target + "pods: 101", "/pods"},
		{"seed below zero", target + "seed: -1", "/seed"},
		{"no profile", target + "profile: ''", "/profile"},
		{"policy without a target", target + "networkPolicy: {enabled: true}", "networkPolicy.targetNamespace is empty"},
		{"nothing in flight", target + "maxInFlight: 0", "/maxInFlight"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := render(t, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("error is %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error %v shows the password", err)
			}
		})
	}
	for _, good := range []string{"http://nginx", "https://nginx.ingress.svc:443/a@b?c=d@e", "http://[::1]:80/heavywork", "http://127.0.0.1:8080/"} {
		if _, err := render(t, "target: "+good); err != nil {
			t.Errorf("target %s: %v", good, err)
		}
	}
}

func TestSchemaValuesAndReadmeListTheSameKeys(t *testing.T) {
	c := loadChart(t)
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal(c.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	delete(schema.Properties, "global") // Helm's own
	inSchema, inValues := slices.Sorted(maps.Keys(schema.Properties)), slices.Sorted(maps.Keys(c.Values))
	if !slices.Equal(inSchema, inValues) {
		t.Errorf("keys differ\nschema: %v\nvalues: %v", inSchema, inValues)
	}
	readme, err := os.ReadFile(chartDir + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	leaves := maps.Clone(c.Values)
	for _, group := range []string{"image", "networkPolicy"} {
		values, ok := leaves[group].(map[string]any)
		if !ok {
			t.Fatalf("%s is no group of values", group)
		}
		delete(leaves, group)
		for key, value := range values {
			leaves[group+"."+key] = value
		}
	}
	for key, value := range leaves {
		fallback, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if row := fmt.Sprintf("\n| `%s` | `%s` | ", key, fallback); !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks the row %q", strings.TrimSpace(row))
		}
	}
}
