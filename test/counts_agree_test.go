// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/accesslog"
)

// Three parties count the requests of one run, in which replicas come and go:
// the load generator, NGINX in its access log, and the application's pods, those
// that have ended included. They agree to the last request: the generator got as
// many answers with 202 as NGINX has logged with that status and as the pods
// together have counted, and there is no other answer, and none that is missing.
//
// The run begins with a rate that wants all replicas, and goes on with one that
// needs the fewest: less than their target, so that they stay alone.
func TestCountsAgree(t *testing.T) {
	b := shared.budget
	high, highFor := b.all(1.2), b.scaleUpReaction()
	low, lowFor := b.alone(0.6), b.rateWindow+b.hpaSync+b.scaleDownReaction()
	s := start(t, b.quiet()+highFor+lowFor+4*answer)
	b.needRoom(t, 1)
	s.awaitQuiet()

	path := fmt.Sprintf("/heavywork?run=%d", time.Now().UnixNano()) // no other client's requests count
	logged := s.followAccessLog(path)
	ledger := s.followCounter()
	before, err := ledger.Sum(s.ctx)
	if err != nil {
		t.Fatal(err)
	}

	profile, err := schedule.NewSequence(
		schedule.Segment{Profile: schedule.Constant{ArrivalRate: high}, Duration: highFor},
		schedule.Segment{Profile: schedule.Constant{ArrivalRate: low}, Duration: lowFor},
	)
	if err != nil {
		t.Fatal(err)
	}
	load := s.startProfile(path, profile, profile.Duration())
	s.awaitMost(highFor)
	s.awaitFewest(highFor + lowFor)
	load.stop()
	sent := load.result

	after, err := ledger.Sum(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	counted := int64(after - before)
	if alive, ended := ledger.Pods(); ended < int(b.maxReplicas-b.minReplicas) {
		t.Errorf("%d pods have ended and %d are there, want %d that have come and gone", ended, alive, b.maxReplicas-b.minReplicas)
	}
	ctx, cancel := context.WithTimeout(s.ctx, answer)
	defer cancel()
	lines, err := logged.Await(ctx, 202, counted)
	if err != nil {
		t.Error(err)
	}
	requireAgreement(t, sent, lines, counted)
}

// requireAgreement fails the test unless the three counts are one number.
func requireAgreement(t *testing.T, sent *engine.Result, logged map[int]int64, counted int64) {
	t.Helper()
	t.Logf("sent %d: answers by status %v, failed %d %v; access log %v; counter %d", sent.Sent, sent.Statuses, sent.Failed, sent.Errors, logged, counted)
	if counted != logged[202] {
		t.Errorf("the pods have counted %d requests, and NGINX has logged %d with status 202", counted, logged[202])
	}
	if sent.Statuses[202] != logged[202] || sent.Sent != logged[202] {
		t.Errorf("%d requests were sent and %d answered with 202, and NGINX has logged %d with that status", sent.Sent, sent.Statuses[202], logged[202])
	}
	for status, n := range logged {
		if status != 202 {
			t.Errorf("NGINX has logged %d requests with status %d", n, status)
		}
	}
}

// followAccessLog counts requests to the path in NGINX's access log from now on.
func (s *suite) followAccessLog(path string) *accesslog.Log {
	s.t.Helper()
	namespace, deployment, container := s.places.ingress, s.places.ingressDeployment, s.places.ingressContainer
	pods, err := s.client.CoreV1().Pods(namespace).List(s.ctx, metav1.ListOptions{LabelSelector: s.selector(namespace, deployment)})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(pods.Items) != 1 || pods.Items[0].Status.Phase != corev1.PodRunning {
		s.t.Fatalf("%s/%s has %d pods, want one, whose log is followed", namespace, deployment, len(pods.Items))
	}
	log, stop, err := accesslog.Follow(s.ctx, accesslog.Options{
		Client: s.client, Namespace: namespace, Pod: pods.Items[0].Name, Container: container, Target: path,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(stop)
	return log
}

// followCounter adds up the application's counter from now on, over all pods
// that come and go.
func (s *suite) followCounter() *metrics.Ledger {
	s.t.Helper()
	counter := metrics.Counter{Client: s.client.CoreV1().RESTClient(), Namespace: appNamespace, Port: metricsPort, Name: counterName}
	ledger, stop, err := counter.Follow(s.ctx, s.client, s.selector(appNamespace, appName))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(stop)
	return ledger
}

// selector is how a Deployment finds its pods.
func (s *suite) selector(namespace, deployment string) string {
	s.t.Helper()
	found, err := s.client.AppsV1().Deployments(namespace).Get(s.ctx, deployment, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return metav1.FormatLabelSelector(found.Spec.Selector)
}
