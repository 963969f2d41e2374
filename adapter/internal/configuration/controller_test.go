// SPDX-License-Identifier: Apache-2.0

package configuration

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	ours "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

const first = `rules:
- seriesQuery: 'up{namespace!="",pod!=""}'
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name: {as: first}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
`

var second = strings.Replace(first, "as: first", "as: second", 1)

// mapper knows widgets only after the first Reset.
type mapper struct {
	meta.RESTMapper
	widgets bool
	reset   int
	away    atomic.Int32 // lookups that still fail
}

func (m *mapper) Reset() { m.reset++; m.widgets = true }

func (m *mapper) ResourceFor(r schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	if m.away.Add(-1) >= 0 {
		return schema.GroupVersionResource{}, errors.New("the API server is away")
	}
	if m.widgets && strings.HasPrefix(r.Resource, "widget") {
		return schema.GroupVersionResource{Group: "example.org", Version: "v1", Resource: "widgets"}, nil
	}
	return m.RESTMapper.ResourceFor(r)
}

func (m *mapper) ResourceSingularizer(resource string) (string, error) {
	if m.widgets && resource == "widgets" {
		return "widget", nil
	}
	return m.RESTMapper.ResourceSingularizer(resource)
}

// run starts a controller that reads a file, and returns a function that writes the file.
func run(t *testing.T, server *promtest.Server, relist time.Duration, text string) (c *Controller, write func(string), loaded, refused chan string) {
	t.Helper()
	server.Add(t, `up{namespace="ns",pod="a"}`, time.Now().Add(-time.Minute), time.Now().Add(time.Minute), 1, 0)
	source, err := ours.NewServers([]string{server.URL}, ours.Access{}, time.Second, nil)
	if err != nil {
		t.Fatal(err)
	}
	c = NewController(prometheus.NewRegistry().MustRegister)
	c.Mapper, c.Relist = &mapper{RESTMapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}, relist
	c.Discoverer = &discovery.Discoverer{Client: source, MaxAge: time.Minute}
	loaded, refused = make(chan string, 100), make(chan string, 100)
	c.Loaded = func(digest string) { loaded <- digest }
	c.Refused = func(digest string, err error) { refused <- digest + ": " + err.Error() }
	path := filepath.Join(t.TempDir(), "config.yaml")
	write = func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(text)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx, File(path)) }()
	t.Cleanup(func() { cancel(); <-ended })
	return c, write, loaded, refused
}

func names(c *Controller) string {
	var all []string
	for _, info := range c.Registry().CustomMetrics() {
		all = append(all, info.GroupResource.String()+"/"+info.Metric)
	}
	return strings.Join(all, " ")
}

func TestAReloadIsTakenOverAsAWhole(t *testing.T) {
	c, write, loaded, _ := run(t, promtest.New(t), time.Hour, first)
	if got := <-loaded; got != rules.Digest([]byte(first)) || names(c) != "namespaces/first pods/first" {
		t.Fatalf("%s is loaded and %s served", got, names(c))
	}
	write(second)
	if got := <-loaded; got != rules.Digest([]byte(second)) || names(c) != "namespaces/second pods/second" {
		t.Fatalf("%s is loaded and %s served", got, names(c))
	}
	write("rules: []\n")
	if <-loaded; names(c) != "" {
		t.Errorf("without rules %s is served", names(c))
	}
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	if wait.PollUntilContextTimeout(t.Context(), 5*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) { return condition(), nil }) != nil {
		t.Fatalf("timed out waiting for %s", what)
	}
}

func TestABrokenTextLeavesTheOldOneServing(t *testing.T) {
	c, write, loaded, refused := run(t, promtest.New(t), 20*time.Millisecond, first)
	<-loaded
	for text, want := range map[string]string{
		"rules: 5\n":                  "line 1",
		first + "resourceRules: {}\n": "line 6: resourceRules",
		first + "- {seriesQuery: up, name: {matches: (.)(.)}}\n":           "line 6",
		first + "- {seriesQuery: up, resources: {overrides: {pod: {}}}}\n": "line 6: unable to normalize",
		strings.Replace(first, "as", "az", 1):                              "field az not found",
	} {
		write(text)
		if got := <-refused; !strings.HasPrefix(got, rules.Digest([]byte(text))+": ") || !strings.Contains(got, want) {
			t.Errorf("%q is refused with %q, want its digest and %q", text, got, want)
		}
		if names(c) != "namespaces/first pods/first" {
			t.Errorf("with %q %s is served", text, names(c))
		}
		if err := c.Check(&http.Request{}); err != nil {
			t.Errorf("with %q it is not ready: %v", text, err)
		}
		before := testutil.ToFloat64(c.metrics.discoveries.WithLabelValues("ok"))
		until(t, "a relist", func() bool { return testutil.ToFloat64(c.metrics.discoveries.WithLabelValues("ok")) > before+1 })
		if got := testutil.ToFloat64(c.metrics.successful); got != 0 {
			t.Errorf("with %q the last reload counts as successful: %v", text, got)
		}
		select {
		case got := <-loaded:
			t.Errorf("after %q text %s counts as loaded", text, got)
		default:
		}
		write(first) // Loaded is called again, so that the refusal is reported no longer
		if got := <-loaded; got != rules.Digest([]byte(first)) || testutil.ToFloat64(c.metrics.successful) != 1 {
			t.Errorf("after %q and a good text %s is loaded, and the success is %v", text, got, testutil.ToFloat64(c.metrics.successful))
		}
	}
}

func TestABrokenTextAtTheStartIsNotReadyAndSaysWhy(t *testing.T) {
	c, write, loaded, refused := run(t, promtest.New(t), time.Hour, "rules: 5\n")
	<-refused
	if err := c.Check(&http.Request{}); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("ready is %v", err)
	}
	write(first)
	<-loaded
	if err := c.Check(&http.Request{}); err != nil {
		t.Error(err)
	}
}

func TestPrometheusMayBeAwayAtAReload(t *testing.T) {
	server := promtest.New(t)
	server.Refuse(func(string) int { return http.StatusServiceUnavailable })
	c, _, loaded, _ := run(t, server, time.Hour, first)
	<-loaded // it keeps retrying
	if err := c.Check(&http.Request{}); err == nil || !strings.Contains(err.Error(), "series") {
		t.Errorf("ready is %v before the first answer", err)
	}
	server.Refuse(nil)
	until(t, "the metrics after Prometheus is back", func() bool { return names(c) == "namespaces/first pods/first" })
	if err := c.Check(&http.Request{}); err != nil {
		t.Error(err)
	}
}

// Without Prometheus each metric is an error. But the API must stay available, or
// Kubernetes cannot finish deleting any namespace.
func TestPrometheusIsNotWaitedForForEver(t *testing.T) {
	c := NewController(prometheus.NewRegistry().MustRegister)
	c.valid.Store(true)
	c.begun = time.Now().Add(-2 * patience)
	if err := c.Check(&http.Request{}); err != nil {
		t.Error(err)
	}
}

// Listed series are kept while Prometheus is away, even if a reload has changed their rules.
func TestALostPrometheusTakesNothingAway(t *testing.T) {
	server := promtest.New(t)
	c, write, loaded, _ := run(t, server, time.Hour, first)
	<-loaded
	server.Refuse(func(string) int { return http.StatusServiceUnavailable })
	write(second)
	if <-loaded; names(c) != "namespaces/second pods/second" {
		t.Errorf("%q is served", names(c))
	}
}

func TestARuleWaitsForItsKind(t *testing.T) {
	server := promtest.New(t)
	server.Add(t, `widgets{widget="a",namespace="ns"}`, time.Now().Add(-time.Minute), time.Now().Add(time.Minute), 1, 0)
	c, write, loaded, _ := run(t, server, 50*time.Millisecond, first)
	<-loaded
	write(first + `- seriesQuery: 'widgets{namespace!="",widget!=""}'
  resources: {overrides: {namespace: {resource: namespace}, widget: {group: example.org, resource: widget}}}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
`)
	if <-loaded; names(c) != "namespaces/first pods/first" {
		t.Errorf("%q is served before widgets are installed", names(c))
	}
	until(t, "the waiting rule", func() bool {
		return names(c) == "namespaces/first namespaces/widgets pods/first widgets.example.org/widgets"
	})
}

// With a template the labels decide the kinds, so a rule does not wait for a missing kind.
func TestATemplateIsAboutKindsThatComeLater(t *testing.T) {
	server := promtest.New(t)
	server.Add(t, `widgets{widget="a",namespace="ns"}`, time.Now().Add(-time.Minute), time.Now().Add(time.Minute), 1, 0)
	c, _, _, _ := run(t, server, 50*time.Millisecond, `rules:
- seriesQuery: 'widgets'
  resources: {template: <<.Resource>>}
  metricsQuery: sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)
`)
	until(t, "the metric of the new kind", func() bool { return names(c) == "namespaces/widgets widgets.example.org/widgets" })
}

// A text that is being retried is dropped when another text replaces it.
func TestATextIsRefusedWhileAnotherOneWaitsForTheAPIServer(t *testing.T) {
	c, write, loaded, refused := run(t, promtest.New(t), time.Nanosecond, "rules: 5\n")
	<-refused
	c.Mapper.(*mapper).away.Store(1 << 30)
	write(first)
	until(t, "the first text waits", func() bool {
		err := c.Check(&http.Request{})
		return err != nil && strings.Contains(err.Error(), rules.ErrKinds.Error())
	})
	write("rules: 6\n")
	<-refused
	c.Mapper.(*mapper).away.Store(0)
	write(first)
	<-loaded
}

// While the kinds are unknown, a text must not be refused.
func TestATextWaitsForTheAPIServer(t *testing.T) {
	c, write, loaded, refused := run(t, promtest.New(t), 50*time.Millisecond, first)
	<-loaded
	c.Mapper.(*mapper).away.Store(3) // the first loads fail
	write(second)
	select {
	case <-loaded:
	case reason := <-refused:
		t.Fatalf("the text was refused: %s", reason)
	}
	if names(c) != "namespaces/second pods/second" {
		t.Errorf("%q is served", names(c))
	}
}

// A file that could not be read for a moment is passed on again, although it is unchanged.
func TestAFaultThatPassesIsTakenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(first), 0o644); err != nil {
		t.Fatal(err)
	}
	texts, faults := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		File(path)(ctx, func(text []byte) { texts <- string(text) }, func(err error) { faults <- err })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-texts
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	<-faults
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-texts:
		if text != first {
			t.Errorf("the text is %q", text)
		}
	case <-time.After(time.Minute):
		t.Error("the text never came")
	}
}

// A missing config map is a fault until it is created.
func TestAConfigMapMayComeLater(t *testing.T) {
	client := fake.NewClientset()
	texts, faults := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ConfigMap{"ns", "rules", "key"}.Source(client)(ctx, func(text []byte) { texts <- string(text) }, func(err error) { faults <- err })
	}()
	t.Cleanup(func() { cancel(); <-ended })
	if err := <-faults; !strings.Contains(err.Error(), "there is no config map ns/rules") {
		t.Error(err)
	}
	of := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "rules"}, Data: map[string]string{"key": first}}
	if _, err := client.CoreV1().ConfigMaps("ns").Create(ctx, of, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	select {
	case text := <-texts:
		if text != first {
			t.Errorf("the text is %q", text)
		}
	case <-time.After(time.Minute):
		t.Error("the text never came")
	}
}
