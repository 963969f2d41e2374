// SPDX-License-Identifier: Apache-2.0

package test

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
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/dump"
)

// needCluster skips the test when no cluster is wanted, and fails it when
// -timeout leaves less than the limit it needs. The context it returns ends
// after that limit or with an interrupt.
func needCluster(t *testing.T, limit time.Duration) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the kind environment and minutes of load: run it without -short, for example with `make test`")
	}
	if deadline, ok := t.Deadline(); ok && time.Until(deadline) < limit {
		t.Fatalf("may need up to %s, but -timeout leaves %s: repeat it with -timeout 60m", limit, time.Until(deadline).Round(time.Second))
	}
	ctx, cancel := context.WithTimeoutCause(shared.ctx, limit, fmt.Errorf("%s is over its limit of %s", t.Name(), limit))
	t.Cleanup(cancel)
	return ctx
}

// suite is what a scenario works with.
type suite struct {
	t        *testing.T
	ctx      context.Context
	env      environment.Environment
	config   *rest.Config // of the API server
	client   kubernetes.Interface
	observer *observe.Observer
	places   places
}

// start prepares a scenario that takes at most the limit, the sum of its waits.
func start(t *testing.T, limit time.Duration) *suite {
	t.Helper()
	s := &suite{t: t, ctx: needCluster(t, limit), env: shared.env, places: shared.places}
	config, err := apiServer(s.env)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s.config, s.client = config, client
	began := time.Now()
	observer, stop, err := observe.Start(s.ctx, observe.Options{
		Client: client, Namespace: appNamespace, Name: appName, Metric: metricName,
		Log: func(format string, args ...any) {
			t.Logf("%6.1f s  %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	s.observer = observer
	dumpOnFailure(t, s.env, client, s.places)
	return s
}

// apiServer is how to reach the API server of an environment.
func apiServer(env environment.Environment) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", env.Kubeconfig)
	if err != nil {
		return nil, err
	}
	// An inventory asks for each of some eighty types at once.
	config.QPS, config.Burst = 100, 200
	return config, nil
}

// dumpOnFailure saves the state of the environment's cluster when the test has
// failed, before any cleanup that was registered earlier changes it. The files
// go to the logs of the shared environment: those of a second one go with it.
func dumpOnFailure(t *testing.T, env environment.Environment, client kubernetes.Interface, at places) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), dumpTime)
		defer cancel()
		err := dump.Save(ctx, dump.Options{
			Client: client, HTTP: &http.Client{Timeout: answer}, PrometheusURL: env.PrometheusURL,
			Metric:     servedMetric(client),
			Counter:    counterName,
			Namespaces: []string{appNamespace, at.monitoring, at.ingress, "kube-system"},
			Rules:      dump.Rules{Namespace: at.monitoring, ConfigMap: at.adapterConfigMap, Key: at.adapterConfigKey},
			Autoscaler: appName,
			Dir:        filepath.Join(shared.env.LogDir, "test", t.Name()),
			Log:        t.Logf,
		})
		if err != nil {
			t.Logf("saving the state of the cluster: %v", err)
		}
	})
}

// servedMetric is the metric as the API server hands it to the autoscaler.
func servedMetric(client kubernetes.Interface) metrics.Pods {
	return metrics.Pods{Client: client.CoreV1().RESTClient(), Namespace: appNamespace, Metric: metricName}
}

// prometheus is that of the environment.
func (s *suite) prometheus() metrics.Prometheus {
	return metrics.Prometheus{HTTP: &http.Client{Timeout: answer}, URL: s.env.PrometheusURL}
}

// counted is the sum of the application's counter over the pods given.
func (s *suite) counted(pods []string) float64 {
	s.t.Helper()
	counter := metrics.Counter{Client: s.client.CoreV1().RESTClient(), Namespace: appNamespace, Port: metricsPort, Name: counterName}
	sum, err := counter.Sum(s.ctx, pods)
	if err != nil {
		s.t.Fatal(err)
	}
	return sum
}

// await fails the test unless the condition is met within the limit.
func (s *suite) await(limit time.Duration, what string, condition func(observe.State) bool) observe.State {
	s.t.Helper()
	state, err := s.observer.Await(s.ctx, limit, what, condition)
	if err != nil {
		s.t.Fatal(err)
	}
	return state
}

// awaitMost waits until the most replicas there may be answer.
func (s *suite) awaitMost(limit time.Duration) {
	s.t.Helper()
	s.await(limit, "all replicas to answer", func(now observe.State) bool {
		return now.Wanted == shared.budget.maxReplicas && now.Ready == shared.budget.maxReplicas
	})
}

// awaitFewest waits until the fewest replicas there may be are left: by default
// one.
func (s *suite) awaitFewest(limit time.Duration) {
	s.t.Helper()
	s.await(limit, "one replica to be left", fewest)
}

func fewest(now observe.State) bool {
	n := shared.budget.minReplicas
	return now.Wanted == n && now.Ready == n && int32(len(now.Pods)) == n
}

// awaitQuiet waits until whatever ran before is forgotten: the fewest pods, none
// that still ends, and a metric that is there and zero. Recommendations of the
// past cannot interfere then: with any above these in its window the autoscaler
// would still want more.
func (s *suite) awaitQuiet() observe.State {
	s.t.Helper()
	quiet := shared.budget.quiet()
	isQuiet := func(now observe.State) bool {
		return fewest(now) && now.Desired == now.Wanted && now.Average != nil && now.Average.IsZero()
	}
	state := s.await(quiet, "one replica without load", isQuiet)
	s.awaitForgotten(state.Pods)
	return s.await(quiet, "one replica without load", isQuiet)
}

// awaitForgotten waits until the last request counts nowhere any more. What the
// autoscaler shows is up to a sync old, so a request of a moment ago may be yet
// to come there: Prometheus must have scraped it, and its rate must be over.
func (s *suite) awaitForgotten(pods []string) {
	s.t.Helper()
	s.until(shared.budget.quiet(), "until the metric of the past is over", func(ctx context.Context) error { return s.forgotten(ctx, pods) })
}

func (s *suite) forgotten(ctx context.Context, pods []string) error {
	// Only what is scraped now: a pod whose node was restarted has another address,
	// and its old series would still be found for five minutes.
	scraped, err := s.prometheus().Scalar(ctx, fmt.Sprintf("sum(last_over_time(%s{namespace=%q,pod=~%q}[%ds]))",
		counterName, appNamespace, strings.Join(pods, "|"), int(shared.budget.rateWindow.Seconds())))
	if err != nil {
		return err
	}
	if counted := s.counted(pods); scraped != counted {
		return fmt.Errorf("%s is %g, and Prometheus has %g", counterName, counted, scraped)
	}
	list, err := servedMetric(s.client).Values(ctx)
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

// reply is an answer of the ingress.
type reply struct {
	status int
	header http.Header
	body   string
	closes bool // the connection, after this answer
}

// send sends one request without a body to the ingress. The test is the one
// that calls: a subtest must fail by itself.
func (s *suite) send(t *testing.T, method, path string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, answer)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.env.HTTPURL+path, nil)
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
	return reply{status: response.StatusCode, header: response.Header, body: string(body), closes: response.Close}
}

// node is where the pods of the environment run.
func (s *suite) node() node.Node {
	s.t.Helper()
	n, err := node.New(s.env.Engine, s.env.Node)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// until looks every second until there is no error, and fails the test after the
// limit. What is for its message, such as "until the policies hold".
func (s *suite) until(limit time.Duration, what string, look func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	if err := await.Until(ctx, lookAgain, what, look); err != nil {
		s.t.Fatal(err)
	}
}

// askIngress sends a request that counts nowhere, and fails without an answer of
// the application.
func (s *suite) askIngress(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.env.HTTPURL+"/lightwork", nil)
	if err != nil {
		return err
	}
	request.Close = true // each on a connection of its own: one that was open tells nothing of new ones
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
