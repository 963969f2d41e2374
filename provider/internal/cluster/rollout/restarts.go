// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

// A program that crashes again and again is running at times, and without a readiness probe its pod is available then. So the current
// state does not tell whether it is up. What the kubelet records does: how often the container was restarted, how long its last run
// was, and since when it has been running.

const (
	// firstProof is how long a container must run for the first time before it counts as up: a program that cannot start usually ends sooner.
	firstProof = 5 * time.Second
	// shortestProof is how long a container must have run since its restart before it counts as up, even if it had failed at once.
	shortestProof = time.Minute
	// longestProof is the time after which the kubelet itself forgets earlier failures when it decides how long to wait before the
	// next restart (CrashLoopBackOff).
	longestProof = 10 * time.Minute
)

// restarts reports whether a container's program has ended and has not been running since for twice as long as it did before,
// within the bounds of shortestProof and longestProof. An init container that has done its work has not been restarted.
func restarts(s corev1.ContainerStatus, now time.Time) bool {
	if s.RestartCount == 0 {
		// The kubelet counts a restart when it happens. Until then the container waits, and its last state is terminated.
		if s.State.Waiting != nil {
			return s.LastTerminationState.Terminated != nil
		}
		return s.State.Terminated != nil && s.State.Terminated.ExitCode != 0
	}
	last := s.LastTerminationState.Terminated
	if s.State.Running == nil || last == nil {
		return s.State.Running == nil
	}
	proof := 2 * last.FinishedAt.Sub(last.StartedAt.Time)
	return now.Sub(s.State.Running.StartedAt.Time) < min(max(proof, shortestProof), longestProof)
}

// provenPods lists the pods that a Deployment selects, once each container that runs for the first time has run for firstProof or
// has ended. It returns what it saw last when the context ends.
func (c *Client) provenPods(ctx context.Context, d *appsv1.Deployment) (pods []corev1.Pod, err error) {
	_ = wait.PollUntilContextTimeout(ctx, c.poll, firstProof, true, func(context.Context) (bool, error) {
		pods, err = c.podsOf(ctx, d)
		return !slices.ContainsFunc(pods, hasJustBegun), err
	})
	return pods, err
}

// hasJustBegun reports whether a container of the pod runs for the first time, and for less than firstProof.
func hasJustBegun(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool {
		return s.RestartCount == 0 && s.State.Running != nil && time.Since(s.State.Running.StartedAt.Time) < firstProof
	})
}

// lastEnd returns how the container's last terminated run ended, or nil.
func lastEnd(s corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if s.State.Terminated != nil {
		return s.State.Terminated
	}
	return s.LastTerminationState.Terminated
}

// restartingPods counts the pods with a container that restarts. A pod that is being deleted or has been evicted ends as it should.
func restartingPods(pods []corev1.Pod, now time.Time) int {
	n := 0
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
			continue
		}
		for _, status := range pod.Status.ContainerStatuses {
			if restarts(status, now) {
				n++
				break
			}
		}
	}
	return n
}
