// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestUpdateIsCompleteWhenOldPodsAreGone(t *testing.T) {
	wanted := int32(2)
	done := appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Generation: 7},
		Spec:       appsv1.DeploymentSpec{Replicas: &wanted},
		Status:     appsv1.DeploymentStatus{ObservedGeneration: 7, UpdatedReplicas: 2, AvailableReplicas: 2},
	}
	for _, c := range []struct {
		name     string
		change   func(*appsv1.Deployment)
		pods     int
		complete bool
	}{
		{"all replaced", func(*appsv1.Deployment) {}, 2, true},
		{"not seen yet", func(d *appsv1.Deployment) { d.Generation++ }, 2, false},
		{"one old pod wanted", func(d *appsv1.Deployment) { d.Status.UpdatedReplicas = 1 }, 2, false},
		{"one not available", func(d *appsv1.Deployment) { d.Status.AvailableReplicas = 1 }, 2, false},
		{"one old pod still ends", func(*appsv1.Deployment) {}, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := done.DeepCopy()
			c.change(d)
			if err := incomplete(d, make([]corev1.Pod, c.pods)); (err == nil) != c.complete {
				t.Errorf("complete is %t (%v), want %t", err == nil, err, c.complete)
			}
		})
	}
}
