// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Status says why a Deployment is not available after a wait, or at this moment if waited is 0; problem is empty if it is available. If
// the Deployment cannot be read, problem says why. If only its pods cannot be listed, caveat says why, in a sentence to be appended to
// another one. It fails with ErrNotFound.
func (c *Client) Status(ctx context.Context, name types.NamespacedName, waited time.Duration) (problem, caveat string, err error) {
	d, err := c.get(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return "", "", err
	}
	if err != nil {
		return fmt.Sprintf("The state of the adapter is not known: %v.", err), "", nil
	}
	missing := missingFrom(d)
	pods, podsErr := c.provenPods(ctx, d)
	if n := restartingPods(pods, time.Now()); missing == "" && n > 0 {
		missing = fmt.Sprintf("%d of its pods restart, even if they are available at this moment", n)
	}
	if missing != "" || wantedReplicas(d) == 0 {
		return c.describe(ctx, d, pods, podsErr, missing, waited), "", nil
	}
	if podsErr != nil {
		caveat = fmt.Sprintf(" The adapter's deployment is available, but whether its pods restart is not known: %v.", podsErr)
	}
	return "", caveat, nil
}

// describe says why the adapter is not available: its conditions, and what its pods wait for, or why that is not known.
func (c *Client) describe(ctx context.Context, d *appsv1.Deployment, pods []corev1.Pod, podsErr error, missing string, waited time.Duration) string {
	if wantedReplicas(d) == 0 {
		return fmt.Sprintf("The adapter's deployment %s/%s is scaled to 0 replicas; scale it up.", d.Namespace, d.Name)
	}
	after := ""
	if waited > 0 {
		after = fmt.Sprintf(" after %s", waited)
	}
	lines := []string{fmt.Sprintf("The adapter's deployment %s/%s is not ready%s: %s.", d.Namespace, d.Name, after, missing)}
	for _, cond := range d.Status.Conditions {
		bad := cond.Status != corev1.ConditionTrue
		if cond.Type == appsv1.DeploymentReplicaFailure {
			bad = !bad
		}
		if bad {
			lines = append(lines, fmt.Sprintf("condition %s is %s: %s: %s", cond.Type, cond.Status, cond.Reason, cond.Message))
		}
	}
	if podsErr != nil {
		lines = append(lines, podsErr.Error())
	} else {
		lines = append(lines, c.DescribePods(ctx, pods)...)
	}
	lines = append(lines, "See more with: "+fmt.Sprintf("kubectl -n %[1]s describe deployment/%[2]s; kubectl -n %[1]s logs deployment/%[2]s", d.Namespace, d.Name))
	return strings.Join(lines, "\n")
}

// podsOf lists the pods that a Deployment selects.
func (c *Client) podsOf(ctx context.Context, d *appsv1.Deployment) ([]corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("its selector is not valid: %w", err)
	}
	pods, err := c.kube.CoreV1().Pods(d.Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector.String()})
	if err != nil {
		return nil, connection.Explain(err, "list", "pods", d.Namespace, "")
	}
	return pods.Items, nil
}
