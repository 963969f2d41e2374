// SPDX-License-Identifier: Apache-2.0

package wake

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// One of two activators is killed while both hold requests. What it held is lost: to
// send it again could do the work twice. The requests of the other activator are
// answered, and so are later ones.
func TestOneActivatorKilled(t *testing.T) {
	const requests = 20
	s := start(t, 2*budget.Answer+fleet.Up(1)+2*budget.PodReplace)
	image := s.image()
	s.setImage(noImage) // while nothing starts, requests are held
	h := s.hold(requests)
	_, each, err := s.holding(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	victim := s.activators()[0]
	t.Logf("killing %s of %v", victim.Name, each)
	if err := s.kill(victim.Spec.NodeName, fault.ContainerID(victim, "activator")); err != nil {
		t.Fatal(err)
	}
	s.setImage(image)
	h.requireAnswered(each[victim.Name])
	if each[victim.Name] == requests {
		t.Errorf("one activator held all, which proves nothing about the other")
	}
	s.requireCounted(requests - h.statuses[0] - h.statuses[http.StatusBadGateway] - h.statuses[http.StatusGatewayTimeout])
	if status, err := s.Post(s.Ctx, "/heavywork"); err != nil || status != http.StatusAccepted {
		t.Errorf("the next request: status %d, error %v", status, err)
	}
}

// An activator that is terminated while it holds requests finishes them, even those that
// no pod takes before its drain is over.
func TestActivatorsReplaced(t *testing.T) {
	const requests = 20
	s := start(t, 2*budget.Answer+fleet.Up(1)+3*budget.PodReplace+fleet.Hold)
	image := s.image()
	s.setImage(noImage)
	h := s.hold(requests)
	var stopped []string
	pods := s.Client.CoreV1().Pods(fleet.Namespace)
	for _, pod := range s.activators() {
		if err := pods.Delete(s.Ctx, pod.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		stopped = append(stopped, pod.Name)
	}
	s.Until(fleet.Hold, "until the activators have drained", func(ctx context.Context) error {
		for _, name := range stopped {
			text, err := pods.GetLogs(name, &corev1.PodLogOptions{}).DoRaw(ctx)
			if err == nil && !bytes.Contains(text, []byte("waiting for requests in flight")) {
				err = errors.New(name + " drains")
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.setImage(image)
	h.requireAnswered(0)
	s.requireCounted(requests)
}

// Without any activator a workload at zero has no endpoint. Once there is one again,
// the next request wakes the workload.
func TestAllActivatorsGone(t *testing.T) {
	noticed := suite.Shared.Budget.AlertFires()
	s := start(t, budget.Answer+budget.PodReplace+fleet.Up(1)+budget.PodStart+noticed)
	var pods []string
	for _, pod := range s.activators() {
		pods = append(pods, pod.Name)
	}
	s.scaleActivators(0)
	s.Until(budget.PodStart, "until no activator is left", func(ctx context.Context) error {
		if n := len(s.activators()); n > 0 {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
	if status, err := s.Post(s.Ctx, "/heavywork"); err == nil && status < 500 {
		t.Errorf("without an activator a request gets %d", status)
	}
	// Of these pods: earlier ones went with their ServiceMonitor, for which Prometheus
	// writes no staleness markers, so it has their series for five more minutes.
	condition := fmt.Sprintf("absent(activator_state{pod=~%q})", strings.Join(pods, "|"))
	prometheus := s.Prometheus()
	s.Until(noticed, "until the condition of the alert ActivatorDown holds", func(ctx context.Context) error {
		_, err := prometheus.Scalar(ctx, condition)
		return err
	})
	s.scaleActivators(2)
	s.Until(budget.PodReplace+fleet.Up(1), "until a request wakes the workload", func(ctx context.Context) error {
		status, err := s.Post(ctx, "/lightwork")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
}

// The API server is away when the first request comes: the request is held until the
// API server is back and can be asked for a replica.
func TestAPIServerAwayAtTheWake(t *testing.T) {
	s := start(t, budget.APIRestart+fleet.Up(1)+fleet.Hold)
	pods, err := s.Client.CoreV1().Pods(suite.SystemNamespace).List(s.Ctx, metav1.ListOptions{LabelSelector: "component=kube-apiserver"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.kill(pods.Items[0].Spec.NodeName, fault.ContainerID(pods.Items[0], "kube-apiserver")); err != nil {
		t.Fatal(err)
	}
	status, err := s.Post(s.Ctx, "/heavywork")
	if err != nil || status != http.StatusAccepted {
		t.Errorf("status %d, error %v", status, err)
	}
	// Not by the ledger, which watches through the API server.
	names := s.Member.Observer.Since(s.Member.Observer.Mark())[0].Pods
	counter := metrics.Counter{Client: s.Client.CoreV1().RESTClient(), Namespace: fleet.Namespace, Port: suite.MetricsPort, Name: suite.CounterName}
	if counted, err := counter.Sum(s.Ctx, names); err != nil || counted != 1 {
		t.Errorf("the pods %q have counted %g requests (%v), want 1", names, counted, err)
	}
}

// An image that does not start: the request gets 503 with Retry-After once its hold
// time is over, and the alert fires. With a good image the next one is answered.
func TestImageThatDoesNotStart(t *testing.T) {
	const recent = 2 * time.Minute // the alert spares a workload that was up within this time
	noticed := recent + suite.Shared.Budget.AlertFires()
	s := start(t, suite.ActivatorTime+fleet.Hold+budget.Answer+noticed+fleet.Up(1)+budget.PodReplace)
	s.WithActivator(600) // of the environment: the activator's alerts come with it
	image := s.image()
	s.setImage(noImage)
	reply, err := s.PostFor(s.Ctx, "/heavywork")
	if err != nil || reply.StatusCode != http.StatusServiceUnavailable || reply.Header.Get("Retry-After") == "" {
		t.Errorf("got %+v, error %v; want 503 with Retry-After", reply, err)
	}
	alert := fmt.Sprintf("ALERTS{alertname=\"WokenWorkloadNotReady\", alertstate=\"firing\", backend_service=%q}", s.Name)
	prometheus := s.Prometheus()
	s.Until(noticed, "until the alert WokenWorkloadNotReady fires", func(ctx context.Context) error {
		_, err := prometheus.Scalar(ctx, alert)
		return err
	})
	s.setImage(image)
	s.Until(fleet.Up(1)+budget.PodReplace, "until a request is answered", func(ctx context.Context) error {
		status, err := s.Post(ctx, "/lightwork")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
}

// Without Prometheus and the adapter a request still wakes the workload, and without
// data the workload does not scale to zero again.
func TestPrometheusAndAdapterAway(t *testing.T) {
	b := suite.Shared.Budget
	goes := fleet.Goes(b)
	s := start(t, 2*budget.PodReplace+fleet.Up(1)+3*goes+b.BackInRate()+2*budget.PodReplace)
	away := func(ctx context.Context, replicas int) error {
		adapter := fmt.Sprintf(`{"spec":{"replicas":%d}}`, replicas)
		return errors.Join(
			s.patchAny(ctx, "/apis/apps/v1/namespaces/"+s.Places.Monitoring+"/deployments/"+s.Places.Adapter, adapter),
			s.patchAny(ctx, "/apis/monitoring.coreos.com/v1/namespaces/"+s.Places.Monitoring+"/prometheuses/prometheus", adapter),
		)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.Answer)
		defer cancel()
		if err := away(ctx, 1); err != nil {
			t.Errorf("restoring Prometheus and the adapter: %v", err)
		}
	})
	if err := away(s.Ctx, 0); err != nil {
		t.Fatal(err)
	}
	s.Until(budget.PodReplace, "until Prometheus is gone", func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(s.Places.Monitoring).List(ctx, metav1.ListOptions{LabelSelector: fault.PrometheusLabels})
		if err == nil && len(pods.Items) > 0 {
			err = fmt.Errorf("there are %d", len(pods.Items))
		}
		return err
	})
	if status, err := s.Post(s.Ctx, "/heavywork"); err != nil || status != http.StatusAccepted {
		t.Fatalf("status %d, error %v", status, err)
	}
	if state, err := s.Member.Observer.Await(s.Ctx, 2*goes, "no replica", func(now observe.State) bool { return now.Wanted == 0 }); err == nil {
		t.Errorf("without data it has gone to zero: %s", state)
	}
	if err := away(s.Ctx, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Member.Observer.Await(s.Ctx, 2*budget.PodReplace+b.BackInRate()+goes, "no replica with data again", func(now observe.State) bool { return now.Wanted == 0 }); err != nil {
		t.Error(err)
	}
}

// A body that comes slowly is streamed to the pod that is woken for it. NGINX reads a
// body before it sends the request, so this one comes through the API server.
func TestSlowBody(t *testing.T) {
	s := start(t, fleet.Up(1)+budget.Answer)
	body, writer := io.Pipe()
	go func() {
		for i := range 5 {
			fmt.Fprintf(writer, "part %d\n", i)
			time.Sleep(time.Second) // a slow client
		}
		_ = writer.Close()
	}()
	if _, err := s.Client.CoreV1().RESTClient().Post().Namespace(fleet.Namespace).Resource("pods").
		Name(fmt.Sprintf("%s:%d", s.activators()[0].Name, s.Member.Port)).SubResource("proxy").Suffix("heavywork").
		Body(body).DoRaw(s.Ctx); err != nil {
		t.Error(err)
	}
	s.requireCounted(1)
}

// Requests whose clients give up while they are held cause no work.
func TestClientsThatGiveUp(t *testing.T) {
	const requests = 10
	s := start(t, 3*budget.Answer+fleet.Up(1))
	image := s.image()
	s.setImage(noImage)
	ctx, giveUp := context.WithCancel(s.Ctx)
	for range requests {
		go func() { _, _ = s.Post(ctx, "/heavywork") }()
	}
	await := func(n int) {
		t.Helper()
		s.Until(budget.Answer, fmt.Sprintf("until %d are held", n), func(ctx context.Context) error {
			sum, _, err := s.holding(ctx)
			if err == nil && sum != n {
				err = fmt.Errorf("it is %d", sum)
			}
			return err
		})
	}
	await(requests)
	giveUp()
	await(0)
	s.setImage(image)
	if status, err := s.Post(s.Ctx, "/heavywork"); err != nil || status != http.StatusAccepted {
		t.Errorf("a client that stays: status %d, error %v", status, err)
	}
	s.requireCounted(1)
}

// A pod is ready before it listens: requests that are held are sent once it does. With
// three hundredths of a core, the program takes seconds to start, and may be too slow to
// be read afterwards: so the pod gets a whole core then.
func TestPodThatIsReadyTooEarly(t *testing.T) {
	s := start(t, fleet.Up(1)+budget.Answer)
	s.patch(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"readinessProbe":null,"lifecycle":null,"resources":{"requests":{"cpu":"10m"},"limits":{"cpu":"30m"}}}]}}}}`, suite.AppName)
	h := s.send(20)
	h.requireAnswered(0)
	s.unlimit()
	s.requireCounted(20)
}

// unlimit gives the workload's running pods a whole core.
func (s *scenario) unlimit() {
	s.T.Helper()
	api := s.Client.CoreV1().Pods(fleet.Namespace)
	resize := fmt.Sprintf(`{"spec":{"containers":[{"name":%q,"resources":{"limits":{"cpu":"1"}}}]}}`, suite.AppName)
	s.Until(budget.PodReplace, "until the pods have a whole core", func(ctx context.Context) error {
		pods, err := api.List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + s.Name})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if status := pod.Status.ContainerStatuses; pod.DeletionTimestamp != nil || len(status) > 0 && status[0].Resources != nil && status[0].Resources.Limits.Cpu().Value() == 1 {
				continue
			}
			_, err := api.Patch(ctx, pod.Name, types.StrategicMergePatchType, []byte(resize), metav1.PatchOptions{}, "resize")
			return cmp.Or(err, fmt.Errorf("%s has %v", pod.Name, pod.Spec.Containers[0].Resources.Limits))
		}
		return nil
	})
}

func (s *scenario) scaleActivators(n int) {
	s.T.Helper()
	s.patchDeployment(fleet.Namespace, "activator", fmt.Sprintf(`{"spec":{"replicas":%d}}`, n))
}

// kill ends the main process of a container on a node.
func (s *scenario) kill(on, container string) error {
	s.T.Logf("killing %s on %s", container, on)
	return node.Node{Engine: s.Suite.Node().Engine, Name: on}.Kill(s.Ctx, container)
}

func (s *scenario) patchAny(ctx context.Context, path, patch string) error {
	return s.Client.CoreV1().RESTClient().Patch("application/merge-patch+json").AbsPath(path).Body([]byte(patch)).Do(ctx).Error()
}
