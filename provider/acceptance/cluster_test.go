// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/retry"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
)

// Names of this project's environment.
const (
	appNamespace      = "app"
	adapterDeployment = "prometheus-adapter"
	ownMetric         = "heavywork_requests_per_second" // of the environment's own rule
	configKey         = "config.yaml"

	prefix = "acc-" // of all rules that the tests create

	patience = 2 * time.Minute // for safety only: no test depends on time
)

// place is a config map with rules.
type place struct{ namespace, name string }

func (p place) String() string { return "config map " + p.namespace + "/" + p.name }

var adapter = place{"monitoring", "adapter-config"}

// cluster is what the tests see of the cluster without the provider.
type cluster struct {
	config    *rest.Config
	kube      *kubernetes.Clientset
	namespace string // of the tests alone
	names     sync.Map
}

func connect(ctx context.Context) (*cluster, error) {
	path := os.Getenv("KUBE_CONFIG_PATH")
	if path == "" {
		return nil, errors.New(`KUBE_CONFIG_PATH is not set: run make acceptance, or take it from the environment with eval "$(make -s env)"`)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig %q: %w", path, err)
	}
	config.QPS = -1 // the tests poll often, and must wait only for the cluster
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	own, err := kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "promadapter-acceptance-"}}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating a namespace for the tests: %w", err)
	}
	return &cluster{config: config, kube: kube, namespace: own.Name}, nil
}

// close deletes the namespace of the tests and waits until it is gone, so that the cluster is left as it was.
func (c *cluster) close(ctx context.Context) error {
	namespaces := c.kube.CoreV1().Namespaces()
	if err := namespaces.Delete(ctx, c.namespace, metav1.DeleteOptions{}); err != nil {
		return fmt.Errorf("deleting the namespace of the tests: %w", err)
	}
	err := wait.PollUntilContextCancel(ctx, 100*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		_, err := namespaces.Get(ctx, c.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
	if err != nil {
		return fmt.Errorf("waiting for the deletion of namespace %s of the tests: %w", c.namespace, err)
	}
	return nil
}

// read returns the text that a config map holds.
func (c *cluster) read(ctx context.Context, p place) (string, error) {
	cm, err := c.kube.CoreV1().ConfigMaps(p.namespace).Get(ctx, p.name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", p, err)
	}
	return cm.Data[configKey], nil
}

// write changes the text that a config map holds, as a person would by hand.
func (c *cluster) write(ctx context.Context, p place, edit func(string) string) error {
	maps := c.kube.CoreV1().ConfigMaps(p.namespace)
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		cm, err := maps.Get(ctx, p.name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if cm.Data == nil {
			cm.Data = map[string]string{}
		}
		cm.Data[configKey] = edit(cm.Data[configKey])
		_, err = maps.Update(ctx, cm, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("changing %s by hand: %w", p, err)
	}
	return nil
}

// text is read for tests.
func (c *cluster) text(t *testing.T, p place) string {
	t.Helper()
	text, err := c.read(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// edit is write for tests.
func (c *cluster) edit(t *testing.T, p place, edit func(string) string) {
	t.Helper()
	if err := c.write(t.Context(), p, edit); err != nil {
		t.Fatal(err)
	}
}

// put creates a config map with a text that no adapter reads, named after the test.
func (c *cluster) put(t *testing.T, text string) place {
	t.Helper()
	p := c.unused(t)
	cm := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: p.name}, Data: map[string]string{configKey: text}}
	if _, err := c.kube.CoreV1().ConfigMaps(p.namespace).Create(t.Context(), cm, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	return p
}

// unused returns the place of a config map of the test that does not exist yet. It is the same during one run of a test, and a different
// one in the next (-count=2): what a run creates remains until the namespace is deleted.
func (c *cluster) unused(t *testing.T) place {
	name, _ := c.names.LoadOrStore(t, strings.ToLower(strings.NewReplacer("/", "-", "_", "-", " ", "-").Replace(t.Name()))+"-"+utilrand.String(5))
	return place{c.namespace, name.(string)}
}

// remove deletes a config map by hand.
func (c *cluster) remove(t *testing.T, p place) {
	t.Helper()
	if err := c.kube.CoreV1().ConfigMaps(p.namespace).Delete(t.Context(), p.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
}

// rollouts returns how often the Deployment of the adapter has been changed; each change of its pods is one rollout.
func (c *cluster) rollouts(t *testing.T) int64 {
	t.Helper()
	d, err := c.kube.AppsV1().Deployments(adapter.namespace).Get(t.Context(), adapterDeployment, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Generation
}

func customMetric(metric string) string {
	return "/apis/custom.metrics.k8s.io/v1beta1/namespaces/" + appNamespace + "/pods/*/" + metric
}

// get asks the API server for a path and decodes its answer.
func (c *cluster) get(ctx context.Context, path string, into any) error {
	raw, err := c.kube.RESTClient().Get().AbsPath(path).DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	return json.Unmarshal(raw, into)
}

// values returns a custom metric of the application's pods.
func (c *cluster) values(ctx context.Context, metric string) ([]v1beta1.MetricValue, error) {
	var list v1beta1.MetricValueList
	err := c.get(ctx, customMetric(metric), &list)
	return list.Items, err
}

// requireRolled fails the test unless the adapter was rolled once or twice for many changes, or not at all if it is one that reloads
// its rules by itself, as the Leases of its replicas tell.
func (c *cluster) requireRolled(t *testing.T, before int64) {
	t.Helper()
	leases, err := c.kube.CoordinationV1().Leases(adapter.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: reload.Label + "=" + adapterDeployment})
	if err != nil {
		t.Fatal(err)
	}
	least, most := int64(1), int64(2)
	if len(leases.Items) > 0 {
		least, most = 0, 0
	}
	if rolled := c.rollouts(t) - before; rolled < least || rolled > most {
		t.Errorf("the adapter was rolled %d times, want %d to %d", rolled, least, most)
	}
}

// listed returns the custom metrics of pods that the adapter lists.
func (c *cluster) listed(ctx context.Context) ([]string, error) {
	var list metav1.APIResourceList
	if err := c.get(ctx, "/apis/custom.metrics.k8s.io/v1beta1", &list); err != nil {
		return nil, err
	}
	var names []string
	for _, r := range list.APIResources {
		if name, ok := strings.CutPrefix(r.Name, "pods/"); ok {
			names = append(names, name)
		}
	}
	return names, nil
}

// await waits for a condition, and fails the test if it is not met in time.
func (c *cluster) await(t *testing.T, what string, condition func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := condition(ctx)
		if done {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, patience, err)
		case <-ticker.C:
		}
	}
}

// ownQuery returns the query that the adapter sends to Prometheus for the environment's own metric, of all pods.
func (c *cluster) ownQuery(t *testing.T) string {
	t.Helper()
	rules, err := config.FromYAML([]byte(c.text(t, adapter)))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Rules {
		if r.Name.As == ownMetric {
			series, _, _ := strings.Cut(r.SeriesQuery, "{")
			return strings.NewReplacer("<<.Series>>", series, "<<.LabelMatchers>>", fmt.Sprintf("namespace=%q", appNamespace), "<<.GroupBy>>", "pod").Replace(r.MetricsQuery)
		}
	}
	t.Fatalf("the adapter has no rule for %s", ownMetric)
	return ""
}

// prometheus queries Prometheus, through the API server, at a point in time, and returns the values by pod.
func (c *cluster) prometheus(ctx context.Context, query string, at time.Time) (map[string]string, error) {
	raw, err := c.kube.RESTClient().Get().AbsPath("/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query").
		Param("query", query).Param("time", at.UTC().Format(time.RFC3339Nano)).DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", url.QueryEscape(query), err)
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string  `json:"metric"`
				Value  [2]json.RawMessage `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, r := range answer.Data.Result {
		values[r.Metric["pod"]] = string(r.Value[1])
	}
	return values, nil
}

// deployment creates a Deployment in the namespace of the tests, in place of an adapter. It has no pods unless it is changed.
func (c *cluster) deployment(t *testing.T, changes ...func(*appsv1.Deployment)) string {
	t.Helper()
	labels := map[string]string{"app": c.unused(t).name}
	none := int32(0)
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "adapter-"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &none, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none.invalid/none"}}},
			},
		},
	}
	for _, change := range changes {
		change(d)
	}
	d, err := c.kube.AppsV1().Deployments(c.namespace).Create(t.Context(), d, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Name
}

// rolledOut reports whether no rollout of the adapter is in progress.
func (c *cluster) rolledOut(ctx context.Context) (bool, error) {
	d, err := c.kube.AppsV1().Deployments(adapter.namespace).Get(ctx, adapterDeployment, metav1.GetOptions{})
	if err != nil {
		return false, err
	}
	s := d.Status
	return s.ObservedGeneration == d.Generation && s.Replicas == s.UpdatedReplicas && s.AvailableReplicas == s.Replicas, nil
}
