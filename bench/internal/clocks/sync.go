// SPDX-License-Identifier: Apache-2.0

// Package clocks changes the intervals of a running cluster that delay a metric on
// its way to an autoscaler, and waits until they have changed.
package clocks

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
)

const (
	look     = 200 * time.Millisecond // between two polls of what cannot be watched
	patience = 2 * time.Minute        // for each change
	manifest = "/etc/kubernetes/manifests/kube-controller-manager.yaml"
	flag     = "--horizontal-pod-autoscaler-sync-period="
)

// Node is the control plane node of a kind cluster. Its container has the same name.
type Node struct {
	node.Node
	Client kubernetes.Interface
}

// SetSync sets the sync period of the autoscalers. The controller manager takes it
// only as an argument, so it is restarted, and the lease of the old one is cleared
// instead of waiting until it expires. SetSync returns when every autoscaler has
// been synced since.
func (n Node) SetSync(ctx context.Context, period time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	old, err := n.Exec(ctx, "cat", manifest)
	if err != nil {
		return err
	}
	changed, err := withSync(old, period)
	if err != nil || changed == old {
		return err
	}
	leader, err := n.leader(ctx)
	if err != nil {
		return err
	}
	// Moved into place in one step: the kubelet must not read half a file.
	const beside = "/etc/kubernetes/kube-controller-manager.yaml"
	if _, err := n.ExecWith(ctx, strings.NewReader(changed), "sh", "-c", "cat > "+beside+" && mv "+beside+" "+manifest); err != nil {
		return err
	}
	if err := n.until(ctx, "the controller manager to run with "+flag+period.String(), func(ctx context.Context) error {
		pod, err := n.Client.CoreV1().Pods(metav1.NamespaceSystem).Get(ctx, "kube-controller-manager-"+n.Name, metav1.GetOptions{})
		if err == nil && !(slices.Contains(pod.Spec.Containers[0].Command, flag+period.String()) && running(pod)) {
			err = errors.New("it does not run with this period yet")
		}
		return err
	}); err != nil {
		return err
	}
	if err := n.until(ctx, "another leader than "+leader, func(ctx context.Context) error {
		now, err := n.leader(ctx)
		if err == nil && now == leader {
			_, err = n.Client.CoordinationV1().Leases(metav1.NamespaceSystem).Patch(ctx, "kube-controller-manager",
				types.MergePatchType, []byte(`{"spec":{"holderIdentity":""}}`), metav1.PatchOptions{})
		}
		if err == nil && (now == leader || now == "") {
			err = fmt.Errorf("the lease was that of %q", now)
		}
		return err
	}); err != nil {
		return err
	}
	return n.awaitLooks(ctx)
}

// awaitLooks waits until each autoscaler has been synced: at each sync the
// controller gets the scale of the Deployment.
func (n Node) awaitLooks(ctx context.Context) error {
	list, err := n.Client.AutoscalingV2().HorizontalPodAutoscalers("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("counting autoscalers: %w", err)
	}
	before, err := Requests(ctx, n.Client)
	if err != nil {
		return err
	}
	return n.until(ctx, "a sync of each autoscaler", func(ctx context.Context) error {
		now, err := Requests(ctx, n.Client)
		if looks := now.Scales - before.Scales; err == nil && looks < float64(len(list.Items)) {
			err = fmt.Errorf("%.0f syncs of %d", looks, len(list.Items))
		}
		return err
	})
}

// withSync puts the period into the manifest of the controller manager.
func withSync(manifest string, period time.Duration) (string, error) {
	wanted := flag + period.String()
	if present := regexp.MustCompile(flag + `\S+`); present.MatchString(manifest) {
		return present.ReplaceAllString(manifest, wanted), nil
	}
	command := regexp.MustCompile(`(?m)^( *)- kube-controller-manager$`)
	if !command.MatchString(manifest) {
		return "", errors.New("the manifest of the controller manager has no line \"- kube-controller-manager\"")
	}
	return command.ReplaceAllString(manifest, "${0}\n${1}- "+wanted), nil
}

func (n Node) leader(ctx context.Context) (string, error) {
	lease, err := n.Client.CoordinationV1().Leases(metav1.NamespaceSystem).Get(ctx, "kube-controller-manager", metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("reading the controller manager's lease: %w", err)
	}
	if lease.Spec.HolderIdentity == nil {
		return "", nil
	}
	return *lease.Spec.HolderIdentity, nil
}

func running(pod *corev1.Pod) bool {
	return len(pod.Status.ContainerStatuses) == 1 && pod.Status.ContainerStatuses[0].State.Running != nil
}

// until polls a condition until it returns no error.
func (n Node) until(ctx context.Context, what string, condition func(context.Context) error) error {
	return await.Until(ctx, look, "for "+what, condition)
}
