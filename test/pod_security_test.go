// SPDX-License-Identifier: Apache-2.0

package test

import (
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The pod security level that each namespace enforces, as docs/security.md has
// it. An exception names what the restricted level would refuse, and fails the test
// once it is not needed.
var levels = []struct {
	namespace, level string
	exception        string
}{
	{suite.AppNamespace, "restricted", ""},
	{"monitoring", "restricted", ""},
	{"ingress", "baseline", "allowPrivilegeEscalation != false, unrestricted capabilities"}, // KILL, and an init container that may escalate privileges: docs/security.md
}

func TestPodSecurity(t *testing.T) {
	s := suite.Start(t, 12*budget.Answer)
	suite.NeedBundled(t)
	for _, want := range levels {
		t.Run(want.namespace, func(t *testing.T) {
			namespace, err := s.Client.CoreV1().Namespaces().Get(s.Ctx, want.namespace, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for label, value := range map[string]string{"enforce": want.level, "enforce-version": "latest"} {
				if got := namespace.Labels["pod-security.kubernetes.io/"+label]; got != value {
					t.Errorf("label %s is %q, want %q", label, got, value)
				}
			}
			refuses(s, t, want.namespace, "a privileged pod", "privileged", func(pod *corev1.Pod) {
				pod.Spec.Containers[0].SecurityContext.Privileged = ptr(true)
				pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = ptr(true)
			})
			refuses(s, t, want.namespace, "a pod in the node's network", "host namespaces", func(pod *corev1.Pod) { pod.Spec.HostNetwork = true })
			if want.level == "restricted" {
				refuses(s, t, want.namespace, "a pod that may run as root", "runAsNonRoot != true", func(pod *corev1.Pod) { pod.Spec.SecurityContext.RunAsNonRoot = nil })
			}
			// A pod that asks for nothing is admitted, so the others were not refused for another reason.
			if _, err := s.Client.CoreV1().Pods(want.namespace).Create(s.Ctx, restrictedPod(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
				t.Errorf("a restricted pod is refused: %v", err)
			}

			violations := violations(s, t, namespace)
			switch {
			case want.exception == "" && violations != "":
				t.Errorf("pods that run there violate the restricted level: %s", violations)
			case want.exception != "" && !strings.HasSuffix(violations, ": "+want.exception):
				t.Errorf("the API server says %q, want %q and nothing else: raise the level to restricted once nothing is violated", violations, want.exception)
			}
		})
	}
}

// refuses fails the test unless the namespace rejects a pod for its security settings.
func refuses(s *suite.Suite, t *testing.T, namespace, what, reason string, change func(*corev1.Pod)) {
	t.Helper()
	pod := restrictedPod()
	change(pod)
	_, err := s.Client.CoreV1().Pods(namespace).Create(s.Ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "violates PodSecurity") || !strings.Contains(err.Error(), reason) {
		t.Errorf("%s: error is %v, want a violation of pod security that says %q", what, err, reason)
	}
}

// violations returns what the API server would warn of if the namespace enforced
// the restricted level.
func violations(s *suite.Suite, t *testing.T, namespace *corev1.Namespace) string {
	t.Helper()
	var heard warnings
	config := rest.CopyConfig(s.Config)
	config.WarningHandler = &heard
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	// The API server checks existing pods only when the label changes.
	changed := namespace.DeepCopy()
	changed.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	changed.Labels["pod-security.kubernetes.io/enforce-version"] = "v1.30"
	if _, err := client.CoreV1().Namespaces().Update(s.Ctx, changed, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Fatal(err)
	}
	return heard.String()
}

// warnings collects what the API server warns of.
type warnings struct {
	mu   sync.Mutex
	text []string
}

// HandleWarningHeader records one warning.
func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, text)
}

func (w *warnings) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.text, "; ")
}

// restrictedPod asks for nothing that the restricted level refuses. It is never
// started.
func restrictedPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "never-started"},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: ptr(true), RunAsUser: ptr(int64(65534)), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "nothing", Image: "example.org/nothing:1",
				SecurityContext: &corev1.SecurityContext{AllowPrivilegeEscalation: ptr(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}},
			}},
		},
	}
}

func ptr[T any](value T) *T { return &value }
