// SPDX-License-Identifier: Apache-2.0

// Package kubetest gives tests an in-memory cluster. Only tests may import it:
// it links client-go's clientset.
package kubetest

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

// Reader reads from client-go's fake clientset, whose tracker and reactors
// remain accessible.
type Reader struct{ *fake.Clientset }

// New returns a cluster that has these objects.
func New(objects ...runtime.Object) Reader { return Reader{fake.NewClientset(objects...)} }

// Get implements [kube.Reader].
func (r Reader) Get(ctx context.Context, _ kube.Kind, namespace, name string, into runtime.Object) error {
	switch into := into.(type) {
	case *autoscalingv2.HorizontalPodAutoscaler:
		return give(into)(r.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, name, metav1.GetOptions{}))
	case *appsv1.Deployment:
		return give(into)(r.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{}))
	}
	return fmt.Errorf("the fake cluster gets no %T", into)
}

// List implements [kube.Reader].
func (r Reader) List(ctx context.Context, _ kube.Kind, namespace string, o metav1.ListOptions, into runtime.Object) error {
	switch into := into.(type) {
	case *autoscalingv2.HorizontalPodAutoscalerList:
		return give(into)(r.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(ctx, o))
	case *corev1.PodList:
		return give(into)(r.CoreV1().Pods(namespace).List(ctx, o))
	case *corev1.EventList:
		return give(into)(r.CoreV1().Events(namespace).List(ctx, o))
	}
	return fmt.Errorf("the fake cluster lists no %T", into)
}

// Watch implements [kube.Reader].
func (r Reader) Watch(ctx context.Context, kind kube.Kind, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	switch kind {
	case kube.Autoscalers:
		return r.AutoscalingV2().HorizontalPodAutoscalers(namespace).Watch(ctx, o)
	case kube.Pods:
		return r.CoreV1().Pods(namespace).Watch(ctx, o)
	case kube.Events:
		return r.CoreV1().Events(namespace).Watch(ctx, o)
	}
	return nil, fmt.Errorf("the fake cluster watches no %s", kind)
}

func give[T any](into *T) func(*T, error) error {
	return func(found *T, err error) error {
		if err == nil {
			*into = *found
		}
		return err
	}
}
