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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Status says why a Deployment is not available, after a wait of so long: nothing if it is, or ErrNotFound. If that is not known, it
// says why; so it does in caveat if only the pods could not be looked at, in a sentence that continues another one.
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
		missing = fmt.Sprintf("%d of its pods restart, whatever is available at this moment", n)
	}
	if missing != "" || wantedReplicas(d) == 0 {
		return c.describe(ctx, d, pods, podsErr, missing, waited), "", nil
	}
	if podsErr != nil {
		caveat = fmt.Sprintf(" The adapter's deployment is available, but whether its pods restart is not known: %v.", podsErr)
	}
	return "", caveat, nil
}

// describe says why the adapter is not available: its conditions, and what its pods wait for, or why they are not known.
func (c *Client) describe(ctx context.Context, d *appsv1.Deployment, pods []corev1.Pod, podsErr error, missing string, waited time.Duration) string {
	if wantedReplicas(d) == 0 {
		return fmt.Sprintf("The adapter's deployment %s/%s is scaled to 0 replicas; scale it up.", d.Namespace, d.Name)
	}
	lines := []string{fmt.Sprintf("The adapter's deployment %s/%s is not ready after %s: %s.", d.Namespace, d.Name, waited, missing)}
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
		lines = append(lines, c.describePods(ctx, pods)...)
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

// podsShown bounds the description: the pods of one roll-out mostly share their fate.
const podsShown = 3

func (c *Client) describePods(ctx context.Context, pods []corev1.Pod) []string {
	if len(pods) == 0 {
		return []string{"it has no pods"}
	}
	var lines []string
	for i := range pods {
		if text := c.describePod(ctx, &pods[i]); text != "" && len(lines) < podsShown {
			lines = append(lines, text)
		}
	}
	return lines
}

// describePod returns what is wrong with a pod, and nothing for one that is ready and stays so.
func (c *Client) describePod(ctx context.Context, pod *corev1.Pod) string {
	var why []string
	inits := len(pod.Status.InitContainerStatuses)
	for i, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
		if w := status.State.Waiting; w != nil {
			why = append(why, fmt.Sprintf("container %s waits: %s %s", status.Name, w.Reason, w.Message))
		}
		if ended := lastEnd(status); ended != nil && (ended.ExitCode != 0 || i >= inits && restarts(status, time.Now())) {
			why = append(why, fmt.Sprintf("container %s ended with code %d (%s) after %d restarts%s",
				status.Name, ended.ExitCode, ended.Reason, status.RestartCount, c.lastWords(ctx, pod, status)))
		}
	}
	ready := false
	for _, cond := range pod.Status.Conditions {
		ready = ready || (cond.Type == corev1.PodReady && cond.Status == corev1.ConditionTrue)
		if cond.Status == corev1.ConditionFalse && cond.Message != "" && len(why) == 0 {
			why = append(why, fmt.Sprintf("condition %s is false: %s", cond.Type, cond.Message))
		}
	}
	if ready && len(why) == 0 {
		return ""
	}
	return fmt.Sprintf("pod %s (%s): %s", pod.Name, pod.Status.Phase, strings.Join(why, "; "))
}

// lastWords returns the end of the log of the container's run that has ended: there the adapter says which rule it cannot load.
// Between the look at the status and the request for the log the next run may have begun, so that the log is that of the
// previous one, or the other way round.
func (c *Client) lastWords(ctx context.Context, pod *corev1.Pod, status corev1.ContainerStatus) string {
	lines, size := int64(2), int64(2000)
	previous := status.State.Terminated == nil
	for _, previous := range []bool{previous, !previous} {
		opts := &corev1.PodLogOptions{Container: status.Name, Previous: previous, TailLines: &lines, LimitBytes: &size}
		raw, err := c.kube.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, opts).DoRaw(ctx)
		if apierrors.IsForbidden(err) {
			return fmt.Sprintf(`; to see its last words, grant the verb "get" on the resource "pods/log"%s`, connection.InNamespace(pod.Namespace))
		}
		if words := strings.TrimSpace(string(raw)); err == nil && words != "" {
			return fmt.Sprintf("; its last words: %q", words)
		}
	}
	return ""
}
