// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
)

func controllerManager(command ...string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-controller-manager-node", Labels: map[string]string{"component": "kube-controller-manager"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "kube-controller-manager", Command: command}}},
	}
}

func TestTheSyncPeriodIsThatOfTheControllerManager(t *testing.T) {
	for _, tt := range []struct {
		command []string
		want    time.Duration
	}{
		{[]string{"kube-controller-manager", "--horizontal-pod-autoscaler-sync-period=1s", "--v=2"}, time.Second},
		{[]string{"kube-controller-manager", "--horizontal-pod-autoscaler-sync-period", "1m30s"}, 90 * time.Second},
		{[]string{"kube-controller-manager"}, DefaultSyncPeriod},
		{[]string{"kube-controller-manager", "--horizontal-pod-autoscaler-sync-period=soon"}, 0},
	} {
		if got := syncPeriod(t.Context(), kubetest.New(controllerManager(tt.command...))); got != tt.want {
			t.Errorf("%q: period %s, want %s", tt.command, got, tt.want)
		}
	}
	if got := syncPeriod(t.Context(), kubetest.New()); got != 0 {
		t.Errorf("without a controller manager the period is %s, want 0", got)
	}
}

func TestTheTimelineHasTheSyncPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := record(t, nil, controllerManager("kube-controller-manager", "--horizontal-pod-autoscaler-sync-period=1s"))
		if got := c.Stop().SyncPeriod; got != 1 {
			t.Errorf("the timeline has a period of %g s, want 1", got)
		}
	})
}
