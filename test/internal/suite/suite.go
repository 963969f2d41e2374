// SPDX-License-Identifier: Apache-2.0

// Package suite holds what scenarios share: the environment, clients, waits, and
// the dump on failure.
package suite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/dump"
)

// NeedCluster skips the test with -short, and fails it when -timeout leaves less
// than the limit. The context it returns ends after the limit or on an interrupt.
func NeedCluster(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the kind environment and minutes of load: run it without -short, for example with `make test`")
	}
	if deadline, ok := t.Deadline(); ok && time.Until(deadline) < limit {
		t.Fatalf("may need up to %s, but -timeout leaves %s: repeat it with -timeout 60m", limit, time.Until(deadline).Round(time.Second))
	}
	ctx, cancel := context.WithTimeoutCause(Shared.ctx, limit, fmt.Errorf("%s exceeded its limit of %s", t.Name(), limit))
	t.Cleanup(cancel)
	return ctx
}

// Suite is what a scenario works with.
type Suite struct {
	T        *testing.T
	Ctx      context.Context
	Env      environment.Environment
	Config   *rest.Config // of the API server
	Client   kubernetes.Interface
	Observer *observe.Observer
	Places   Places
}

// Start prepares a scenario. The limit is the sum of its waits.
func Start(t *testing.T, limit time.Duration) *Suite {
	t.Helper()
	s := &Suite{T: t, Ctx: NeedCluster(t, limit), Env: Shared.Env, Places: Shared.Places}
	config, err := APIServer(s.Env)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s.Config, s.Client = config, client
	began := time.Now()
	observer, stop, err := observe.Start(s.Ctx, observe.Options{
		Client: client, Namespace: AppNamespace, Name: AppName, Metric: MetricName,
		Log: func(format string, args ...any) {
			t.Logf("%6.1f s  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	s.Observer = observer
	DumpOnFailure(t, s.Env, client, s.Places)
	return s
}

// APIServer returns the client configuration for an environment's API server.
func APIServer(env environment.Environment) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", env.Kubeconfig)
	if err != nil {
		return nil, err
	}
	// An inventory lists about eighty types in a row.
	config.QPS, config.Burst = 100, 200
	return config, nil
}

// DumpOnFailure saves the state of the environment's cluster when the test has
// failed, before any cleanup that was registered earlier changes it. The files
// go to the logs of the shared environment: those of a second one are deleted
// with it.
func DumpOnFailure(t *testing.T, env environment.Environment, client kubernetes.Interface, at Places) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), budget.DumpTime)
		defer cancel()
		err := dump.Save(ctx, dump.Options{
			Client: client, HTTP: &http.Client{Timeout: budget.Answer}, PrometheusURL: env.PrometheusURL,
			Metric:     ServedMetric(client),
			Counter:    CounterName,
			Namespaces: []string{AppNamespace, at.Monitoring, at.Ingress, "kube-system"},
			Rules:      dump.Rules{Namespace: at.Monitoring, ConfigMap: at.AdapterConfigMap, Key: at.AdapterConfigKey},
			Autoscaler: AppName,
			Dir:        filepath.Join(Shared.Env.LogDir, "test", t.Name()),
			Log:        t.Logf,
		})
		if err != nil {
			t.Logf("saving the state of the cluster: %v", err)
		}
	})
}

// ServedMetric is the metric as the API server serves it to the autoscaler.
func ServedMetric(client kubernetes.Interface) metrics.Pods {
	return metrics.Pods{Client: client.CoreV1().RESTClient(), Namespace: AppNamespace, Metric: MetricName}
}

// Prometheus returns a client of the environment's Prometheus.
func (s *Suite) Prometheus() metrics.Prometheus {
	return metrics.Prometheus{HTTP: &http.Client{Timeout: budget.Answer}, URL: s.Env.PrometheusURL}
}

// Counted returns the sum of the application's counter over the pods.
func (s *Suite) Counted(pods []string) float64 {
	s.T.Helper()
	counter := metrics.Counter{Client: s.Client.CoreV1().RESTClient(), Namespace: AppNamespace, Port: MetricsPort, Name: CounterName}
	sum, err := counter.Sum(s.Ctx, pods)
	if err != nil {
		s.T.Fatal(err)
	}
	return sum
}

// Await fails the test unless the condition is met within the limit.
func (s *Suite) Await(limit time.Duration, what string, condition func(observe.State) bool) observe.State {
	s.T.Helper()
	state, err := s.Observer.Await(s.Ctx, limit, what, condition)
	if err != nil {
		s.T.Fatal(err)
	}
	return state
}

// AwaitMost waits until the maximum number of replicas is ready.
func (s *Suite) AwaitMost(limit time.Duration) {
	s.T.Helper()
	s.Await(limit, "all replicas to answer", func(now observe.State) bool {
		return now.Wanted == Shared.Budget.MaxReplicas && now.Ready == Shared.Budget.MaxReplicas
	})
}

// AwaitFewest waits until only the minimum number of replicas is left, by default
// one.
func (s *Suite) AwaitFewest(limit time.Duration) {
	s.T.Helper()
	s.Await(limit, "one replica to be left", fewest)
}

func fewest(now observe.State) bool {
	n := Shared.Budget.MinReplicas
	return now.Wanted == n && now.Ready == n && int32(len(now.Pods)) == n
}

// AwaitQuiet waits until nothing that ran before has an effect: the minimum number
// of pods, none of them terminating, and a metric that exists and is zero. Past
// recommendations cannot interfere then: with a higher one in its window the
// autoscaler would still want more.
func (s *Suite) AwaitQuiet() observe.State {
	s.T.Helper()
	quiet := Shared.Budget.Quiet()
	isQuiet := func(now observe.State) bool {
		return fewest(now) && now.Desired == now.Wanted && now.Average != nil && now.Average.IsZero()
	}
	state := s.Await(quiet, "one replica without load", isQuiet)
	s.awaitForgotten(state.Pods)
	return s.Await(quiet, "one replica without load", isQuiet)
}

// awaitForgotten waits until the last request no longer affects the metric. The
// autoscaler's status is up to one sync period old, so a recent request may not
// show there yet: Prometheus must have scraped it, and the rate must be zero again.
func (s *Suite) awaitForgotten(pods []string) {
	s.T.Helper()
	s.Until(Shared.Budget.Quiet(), "until past requests have left the metric", func(ctx context.Context) error { return s.forgotten(ctx, pods) })
}

func (s *Suite) forgotten(ctx context.Context, pods []string) error {
	// Only what is scraped now: a pod whose node was restarted has another address,
	// and its old series would still be found for five minutes.
	scraped, err := s.Prometheus().Scalar(ctx, fmt.Sprintf("sum(last_over_time(%s{namespace=%q,pod=~%q}[%ds]))",
		CounterName, AppNamespace, strings.Join(pods, "|"), int(Shared.Budget.RateWindow.Seconds())))
	if err != nil {
		return err
	}
	if counted := s.Counted(pods); scraped != counted {
		return fmt.Errorf("%s is %g, and Prometheus has %g", CounterName, counted, scraped)
	}
	list, err := ServedMetric(s.Client).Values(ctx)
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		if !item.Value.IsZero() {
			return fmt.Errorf("the metric of pod %q is %s", item.DescribedObject.Name, &item.Value)
		}
	}
	return nil
}

// Reply is an answer from the ingress.
type Reply struct {
	Status int
	Header http.Header
	Body   string
	Closes bool // whether the connection closes after this answer
}

// Send sends one request without a body to the ingress. It takes the calling test,
// because a subtest must fail by itself.
func (s *Suite) Send(t *testing.T, method, path string) Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.Ctx, budget.Answer)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.Env.HTTPURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: the answer broke off: %v", method, path, err)
	}
	return Reply{Status: response.StatusCode, Header: response.Header, Body: string(body), Closes: response.Close}
}

// Node returns the node that the pods of the environment run on.
func (s *Suite) Node() node.Node {
	s.T.Helper()
	n, err := node.New(s.Env.Engine, s.Env.Node)
	if err != nil {
		s.T.Fatal(err)
	}
	return n
}

// Until calls look every second until it returns no error, and fails the test
// after the limit. What is for its message, such as "until the policies hold".
func (s *Suite) Until(limit time.Duration, what string, look func(context.Context) error) {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.Ctx, limit)
	defer cancel()
	if err := await.Until(ctx, budget.LookAgain, what, look); err != nil {
		s.T.Fatal(err)
	}
}

// AskIngress sends a request that is not counted, and returns an error unless the
// application answers.
func (s *Suite) AskIngress(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.Env.HTTPURL+"/lightwork", nil)
	if err != nil {
		return err
	}
	request.Close = true // a new connection each time: an open one says nothing about new ones
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("status %s", response.Status)
	}
	return nil
}
