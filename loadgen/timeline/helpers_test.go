// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	clienttesting "k8s.io/client-go/testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
)

func autoscaler(desired int32, shown string) *autoscalingv2.HorizontalPodAutoscaler {
	target := resource.MustParse("10")
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "work"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "workers"},
			MaxReplicas:    5,
			Metrics: []autoscalingv2.MetricSpec{{
				Type: autoscalingv2.PodsMetricSourceType,
				Pods: &autoscalingv2.PodsMetricSource{
					Metric: autoscalingv2.MetricIdentifier{Name: "rate"},
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
				},
			}},
		},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{DesiredReplicas: desired},
	}
	if shown != "" {
		value := resource.MustParse(shown)
		h.Status.CurrentMetrics = []autoscalingv2.MetricStatus{{
			Type: autoscalingv2.PodsMetricSourceType,
			Pods: &autoscalingv2.PodsMetricStatus{
				Metric:  autoscalingv2.MetricIdentifier{Name: "rate"},
				Current: autoscalingv2.MetricValueStatus{AverageValue: &value},
			},
		}}
	}
	return h
}

func deployment() *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "workers"},
		Spec:       appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"name": "work"}}},
	}
}

// pod has the labels of the Deployment's pods, or the one given.
func pod(name string, ready bool, label ...string) *corev1.Pod {
	label = append(label, "name", "work")
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: name, Labels: map[string]string{label[0]: label[1]}},
		Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}}},
	}
}

// ending is a pod that still answers, but gets no new requests.
func ending(name string) *corev1.Pod {
	p := pod(name, true)
	p.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	return p
}

// event has its message as its name.
func event(message, kind, name, reason string) *corev1.Event {
	return &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Namespace: "app", Name: strings.ReplaceAll(message, " ", "-")},
		InvolvedObject: corev1.ObjectReference{Kind: kind, Namespace: "app", Name: name},
		Type:           corev1.EventTypeNormal, Reason: reason, Message: message, Count: 1,
	}
}

// interruptible ends all watches when drop is closed, and fails the next ten
// requests like a server that is down. It counts the opened watches.
func interruptible(client kubetest.Reader, drop <-chan struct{}) *atomic.Int32 {
	var opened, refused atomic.Int32
	client.PrependReactor("list", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		select {
		case <-drop:
			if refused.Add(1) <= 10 {
				return true, nil, errors.New("connection refused")
			}
		default:
		}
		return false, nil, nil
	})
	client.PrependWatchReactor("*", func(action clienttesting.Action) (bool, watch.Interface, error) {
		select {
		case <-drop:
			if refused.Add(1) <= 10 {
				return true, nil, errors.New("connection refused")
			}
			w, err := client.Tracker().Watch(action.GetResource(), action.GetNamespace())
			opened.Add(1)
			return true, w, err
		default:
		}
		w, err := client.Tracker().Watch(action.GetResource(), action.GetNamespace())
		if err != nil {
			return true, nil, err
		}
		opened.Add(1)
		go func() { <-drop; w.Stop() }()
		return true, w, nil
	})
	return &opened
}

func refuse(client kubetest.Reader, verb, kind string, err error) {
	client.PrependReactor(verb, kind, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, err })
}

func show(samples []Sample) string {
	var b strings.Builder
	for _, s := range samples {
		line, _ := json.Marshal(s)
		b.Write(append(line, '\n'))
	}
	return b.String()
}
