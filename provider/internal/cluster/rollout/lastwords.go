// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// podsShown limits the description: the pods of one rollout usually fail for the same reason.
const podsShown = 3

// DescribePods says what is wrong with pods that are not ready or that restart: a line for each of the first few.
func (c *Client) DescribePods(ctx context.Context, pods []corev1.Pod) []string {
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

// lastWords returns the end of the log of the container's last terminated run: there the adapter says which rule it cannot load.
// The next run may have started after the status was read, so the log may be either the current one or the previous one.
func (c *Client) lastWords(ctx context.Context, pod *corev1.Pod, status corev1.ContainerStatus) string {
	lines, size := int64(2), int64(2000)
	previous := status.State.Terminated == nil
	for _, previous := range []bool{previous, !previous} {
		opts := &corev1.PodLogOptions{Container: status.Name, Previous: previous, TailLines: &lines, LimitBytes: &size}
		raw, err := c.kube.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, opts).DoRaw(ctx)
		if apierrors.IsForbidden(err) {
			return fmt.Sprintf(`; to see its last log lines, grant the verb "get" on the resource "pods/log"%s`, connection.InNamespace(pod.Namespace))
		}
		if words := strings.TrimSpace(string(raw)); err == nil && words != "" {
			return fmt.Sprintf("; its last log lines: %q", words)
		}
	}
	return ""
}
