// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// setUp serves Prometheus and the metrics API from one local server that
// answers with what it was asked.
func setUp(t *testing.T, objects ...runtime.Object) (Options, *strings.Builder) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("query") == "refused" {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprintf(w, `{"path":%q,"query":%q}`, r.URL.Path, r.URL.Query().Get("query"))
	}))
	t.Cleanup(server.Close)
	real, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	log := &strings.Builder{}
	return Options{
		Client:        fake.NewClientset(objects...),
		HTTP:          server.Client(),
		PrometheusURL: server.URL,
		Metric:        metrics.Pods{Client: real.CoreV1().RESTClient(), Namespace: "app", Metric: "rate"},
		Counter:       "work_total",
		Namespaces:    []string{"app", "monitoring"},
		Rules:         Rules{Namespace: "monitoring", ConfigMap: "rules", Key: "config.yaml"},
		Autoscaler:    "work",
		Dir:           filepath.Join(t.TempDir(), "new", "dir"),
		Log:           func(format string, args ...any) { fmt.Fprintf(log, format+"\n", args...) },
	}, log
}

func ruleSet(text string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "rules"},
		Data:       map[string]string{"config.yaml": text},
	}
}

func pod(namespace, name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main"}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "main", RestartCount: 2,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: "back-off"}},
		}}},
	}
}

func content(t *testing.T, o Options, file string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(o.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSave(t *testing.T) {
	o, log := setUp(t,
		&autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "work", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "noise"}}},
			Status: autoscalingv2.HorizontalPodAutoscalerStatus{Conditions: []autoscalingv2.HorizontalPodAutoscalerCondition{
				{Type: autoscalingv2.ScalingActive, Reason: "FailedGetPodsMetric"},
			}},
		},
		&corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "e"}, InvolvedObject: corev1.ObjectReference{Name: "work"},
			Type: "Warning", Reason: "FailedGetPodsMetric", Message: "no metrics returned",
		},
		pod("app", "work-1"), pod("monitoring", "adapter-1"), pod("elsewhere", "other-1"),
		ruleSet("rules:\n- metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)\n"),
	)
	if err := Save(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"autoscaler.yaml":                    "reason: FailedGetPodsMetric",
		"events.txt":                         "Warning FailedGetPodsMetric app/work: no metrics returned (1 times)",
		"pods.txt":                           "CrashLoopBackOff: back-off",
		"custom-metrics.json":                "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/rate",
		"adapter-rules.yaml":                 "metricsQuery",
		"prometheus-rule-query.json":         `sum(rate(work_total{namespace=\"app\"}[15s])) by (pod)`,
		"prometheus-counter.json":            `"query": "work_total"`,
		"prometheus-targets.json":            "/api/v1/targets",
		"logs/app_work-1_main.log":           "fake logs",
		"logs/monitoring_adapter-1_main.log": "fake logs",
	} {
		if got := content(t, o, file); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", file, want, got)
		}
	}
	if strings.Contains(content(t, o, "autoscaler.yaml"), "noise") {
		t.Error("autoscaler.yaml has managed fields, which hide the rest")
	}
	if strings.Contains(content(t, o, "pods.txt"), "other-1") {
		t.Error("pods.txt has a pod of a namespace that was not asked for")
	}
	for _, want := range []string{o.Dir, "reason: FailedGetPodsMetric", "end of the log of monitoring/adapter-1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
}

func TestSaveGoesOnPastWhatIsMissing(t *testing.T) {
	o, log := setUp(t, ruleSet("rules: []\n"))
	if err := Save(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"autoscaler.yaml":            `not available: horizontalpodautoscalers.autoscaling "work" not found`,
		"prometheus-rule-query.json": "not available: the adapter has no rule",
		"prometheus-targets.json":    "/api/v1/targets",
	} {
		if got := content(t, o, file); !strings.Contains(got, want) {
			t.Errorf("%s lacks %q:\n%s", file, want, got)
		}
	}
	if !strings.Contains(log.String(), "the adapter has no rule") {
		t.Errorf("the log does not say what is missing:\n%s", log)
	}
}

func TestARefusedQueryKeepsTheAnswer(t *testing.T) {
	o, _ := setUp(t, ruleSet("rules:\n- metricsQuery: refused\n- metricsQuery: accepted\n"))
	if err := Save(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got := content(t, o, "prometheus-rule-query.json")
	for _, want := range []string{`"query": "refused"`, "400 Bad Request", `"query": "accepted"`} {
		if !strings.Contains(got, want) {
			t.Errorf("answers lack %q:\n%s", want, got)
		}
	}
}

func TestSaveReportsAnUnusableDirectory(t *testing.T) {
	o, _ := setUp(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o.Dir = filepath.Join(file, "below")
	if err := Save(t.Context(), o); err == nil || !strings.Contains(err.Error(), "directory for the dump") {
		t.Errorf("error is %v, want one about the directory", err)
	}
}
