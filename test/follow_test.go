// SPDX-License-Identifier: Apache-2.0

package test

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/accesslog"
)

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
