// SPDX-License-Identifier: Apache-2.0

package suite

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/accesslog"
)

// FollowAccessLog counts requests to the path in NGINX's access log from now on.
func (s *Suite) FollowAccessLog(path string) *accesslog.Log {
	s.T.Helper()
	namespace, deployment, container := s.Places.Ingress, s.Places.IngressDeployment, s.Places.ingressContainer
	pods, err := s.Client.CoreV1().Pods(namespace).List(s.Ctx, metav1.ListOptions{LabelSelector: s.Selector(namespace, deployment)})
	if err != nil {
		s.T.Fatal(err)
	}
	if len(pods.Items) != 1 || pods.Items[0].Status.Phase != corev1.PodRunning {
		s.T.Fatalf("%s/%s has %d pods, want one that runs, to follow its log", namespace, deployment, len(pods.Items))
	}
	log, stop, err := accesslog.Follow(s.Ctx, accesslog.Options{
		Client: s.Client, Namespace: namespace, Pod: pods.Items[0].Name, Container: container, Target: path,
	})
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(stop)
	return log
}

// FollowCounter sums the application's counter from now on, over all pods that
// come and go.
func (s *Suite) FollowCounter() *metrics.Ledger {
	s.T.Helper()
	counter := metrics.Counter{Client: s.Client.CoreV1().RESTClient(), Namespace: AppNamespace, Port: MetricsPort, Name: CounterName}
	ledger, stop, err := counter.Follow(s.Ctx, s.Client, s.Selector(AppNamespace, AppName))
	if err != nil {
		s.T.Fatal(err)
	}
	s.T.Cleanup(stop)
	return ledger
}

// Selector returns the label selector of a Deployment's pods.
func (s *Suite) Selector(namespace, deployment string) string {
	s.T.Helper()
	found, err := s.Client.AppsV1().Deployments(namespace).Get(s.Ctx, deployment, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	return metav1.FormatLabelSelector(found.Spec.Selector)
}
