// SPDX-License-Identifier: Apache-2.0

// Package wake tests that the activator loses no request when workloads wake hundreds
// of times, nor when something breaks meanwhile: `make test-wake`.
package wake

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// scenario is one workload at zero.
type scenario struct {
	*suite.Suite
	*fleet.Fleet
	*fleet.Member
	before float64 // requests that pods had counted when it was at zero
}

// start deploys a workload and waits until it is at zero. The limit is how long the
// scenario takes after that.
func start(t *testing.T, limit time.Duration) *scenario {
	t.Helper()
	s := suite.Start(t, fleet.Up(1)+budget.Settling+fleet.Goes(suite.Shared.Budget)+suite.Shared.Budget.PodStop+2*budget.Answer+limit)
	f := fleet.Start(s, 1)
	sc := &scenario{Suite: s, Fleet: f, Member: f.Members[0]}
	if _, err := sc.AwaitZero(s.Ctx); err != nil {
		t.Fatal(err)
	}
	// A terminating pod still answers.
	if _, err := sc.Member.Observer.Await(s.Ctx, suite.Shared.Budget.PodStop, "the last pod to end", func(now observe.State) bool { return len(now.Pods) == 0 }); err != nil {
		t.Fatal(err)
	}
	sc.before = sc.counted()
	return sc
}

// counted returns what all pods have counted, including those that are gone, once none
// is terminating.
func (s *scenario) counted() float64 {
	s.T.Helper()
	sum, err := s.Ledger.Sum(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	return sum
}

// requireCounted fails the test unless the pods have counted exactly this many requests
// since the workload was at zero.
func (s *scenario) requireCounted(want int) {
	s.T.Helper()
	if got := int(s.counted() - s.before); got != want {
		s.T.Errorf("the pods have counted %d requests, want %d: none lost, none twice", got, want)
	}
}

// held are requests in flight.
type held struct {
	s        *scenario
	mu       sync.Mutex
	statuses map[int]int // 0 for an error
	sending  sync.WaitGroup
}

// send sends requests at once.
func (s *scenario) send(n int) *held {
	h := &held{s: s, statuses: map[int]int{}}
	for range n {
		h.sending.Go(func() {
			status, err := s.Post(s.Ctx, "/heavywork")
			if err != nil {
				status = 0
			}
			h.mu.Lock()
			defer h.mu.Unlock()
			h.statuses[status]++
		})
	}
	return h
}

// hold sends requests and waits until the activators hold them all.
func (s *scenario) hold(n int) *held {
	s.T.Helper()
	h := s.send(n)
	s.Until(budget.Answer, "until the activators hold the requests", func(ctx context.Context) error {
		sum, _, err := s.holding(ctx)
		if err == nil && sum != n {
			h.mu.Lock()
			defer h.mu.Unlock()
			err = fmt.Errorf("they hold %d of %d; answers by status: %v", sum, n, h.statuses)
		}
		return err
	})
	return h
}

// holding returns how many requests the activators hold, in total and by pod.
func (s *scenario) holding(ctx context.Context) (sum int, each map[string]int, err error) {
	each = map[string]int{}
	for _, pod := range s.activators() {
		body, err := s.Client.CoreV1().RESTClient().Get().Namespace(pod.Namespace).Resource("pods").
			Name(fmt.Sprintf("%s:%d", pod.Name, suite.ActivatorMetricsPort)).SubResource("proxy").Suffix("metrics").DoRaw(ctx)
		if err != nil {
			return 0, nil, err
		}
		page, err := metrics.Parse(body)
		if err != nil {
			return 0, nil, err
		}
		each[pod.Name] = int(page.Sum("activator_held_requests"))
		sum += each[pod.Name]
	}
	return sum, each, nil
}

func (s *scenario) activators() []corev1.Pod {
	s.T.Helper()
	pods, err := s.Client.CoreV1().Pods(fleet.Namespace).List(s.Ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=activator"})
	if err != nil {
		s.T.Fatal(err)
	}
	return pods.Items
}

// requireAnswered waits for the answers, and fails the test unless all but a number of
// them, at most, are 202.
func (h *held) requireAnswered(but int) {
	h.s.T.Helper()
	h.sending.Wait()
	other := 0
	for status, n := range h.statuses {
		if status != http.StatusAccepted {
			other += n
		}
	}
	if other > but {
		h.s.T.Errorf("answers by status %v (0: none), want all %d but %d", h.statuses, http.StatusAccepted, but)
	}
}

// patch changes the workload's Deployment.
func (s *scenario) patch(format string, args ...any) {
	s.T.Helper()
	s.patchDeployment(fleet.Namespace, s.Name, fmt.Sprintf(format, args...))
}

func (s *scenario) patchDeployment(namespace, name, patch string) {
	s.T.Helper()
	if _, err := s.Client.AppsV1().Deployments(namespace).Patch(s.Ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		s.T.Fatal(err)
	}
}

// image returns the image of the workload's container.
func (s *scenario) image() string {
	s.T.Helper()
	d, err := s.Client.AppsV1().Deployments(fleet.Namespace).Get(s.Ctx, s.Name, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	return d.Spec.Template.Spec.Containers[0].Image
}

// setImage sets the image that the workload's next pod has.
func (s *scenario) setImage(image string) {
	s.T.Helper()
	s.patch(`{"spec":{"template":{"spec":{"containers":[{"name":%q,"image":%q}]}}}}`, suite.AppName, image)
}

// noImage is an image that no node has and no registry serves.
const noImage = "localhost/there-is-none:1"
