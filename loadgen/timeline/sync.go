// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
)

// DefaultSyncPeriod is Kubernetes' default: that of the controller manager's
// argument --horizontal-pod-autoscaler-sync-period.
const DefaultSyncPeriod = 15 * time.Second

const syncPeriodArgument = "--horizontal-pod-autoscaler-sync-period"

// syncPeriod reads the period from the arguments of the cluster's controller
// manager, if that is a pod (kubeadm, kind) that the credentials may list.
// Otherwise, as in managed clusters, it returns 0: unknown.
func syncPeriod(ctx context.Context, client kube.Reader) time.Duration {
	var list corev1.PodList
	err := client.List(ctx, kube.Pods, metav1.NamespaceSystem, metav1.ListOptions{LabelSelector: "component=kube-controller-manager"}, &list)
	if err != nil {
		return 0
	}
	var longest time.Duration // if they differ: any of them may be the leader
	for _, pod := range list.Items {
		for _, container := range pod.Spec.Containers {
			if container.Name == "kube-controller-manager" {
				longest = max(longest, syncPeriodOf(append(container.Command, container.Args...)))
			}
		}
	}
	return longest
}

func syncPeriodOf(arguments []string) time.Duration {
	period := DefaultSyncPeriod
	for i, argument := range arguments {
		value, found := strings.CutPrefix(argument, syncPeriodArgument+"=")
		if argument == syncPeriodArgument && i+1 < len(arguments) {
			value, found = arguments[i+1], true
		}
		if !found {
			continue
		}
		var err error
		if period, err = time.ParseDuration(value); err != nil || period < 0 {
			return 0
		}
	}
	return period
}
