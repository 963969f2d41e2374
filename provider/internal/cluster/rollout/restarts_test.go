// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRestarts(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	running := func(since time.Duration) corev1.ContainerState {
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ago(since)}}
	}
	ended := func(code int32, after time.Duration) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, StartedAt: ago(48*time.Hour + after), FinishedAt: ago(48 * time.Hour)}}
	}
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	for name, tt := range map[string]struct {
		restarts    int32
		state, last corev1.ContainerState
		want        bool
	}{
		"runs for the first time":               {0, running(time.Second), corev1.ContainerState{}, false},
		"has just failed for the first time":    {0, ended(2, time.Second), corev1.ContainerState{}, true},
		"has done its work":                     {0, ended(0, time.Second), corev1.ContainerState{}, false},
		"waits to be created":                   {0, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}, corev1.ContainerState{}, false},
		"waits for its second run":              {0, waiting, ended(2, time.Second), true},
		"waits for its next run":                {1, waiting, ended(2, time.Second), true},
		"has ended again":                       {1, ended(0, time.Second), ended(0, time.Second), true},
		"runs at this moment":                   {4, running(2 * time.Second), ended(2, time.Second), true},
		"runs after a first failure":            {1, running(61 * time.Second), ended(1, time.Second), false},
		"is killed by its probe every 40 s":     {3, running(70 * time.Second), ended(0, 40*time.Second), true},
		"has outlived the run before":           {3, running(81 * time.Second), ended(0, 40*time.Second), false},
		"was killed after days and runs again":  {1, running(11 * time.Minute), ended(137, 72*time.Hour), false},
		"was killed after days a moment ago":    {1, running(9 * time.Minute), ended(137, 72*time.Hour), true},
		"runs, and its last run is not told of": {1, running(time.Second), corev1.ContainerState{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := restarts(corev1.ContainerStatus{RestartCount: tt.restarts, State: tt.state, LastTerminationState: tt.last}, now); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestPodsThatEndAsTheyShouldDoNotRestart(t *testing.T) {
	failed := corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2}}}}}
	deleted, evicted := failed, failed
	evicted.Phase = corev1.PodFailed
	pods := []corev1.Pod{
		{Status: failed},
		{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{}}, Status: deleted},
		{Status: evicted},
	}
	if n := restartingPods(pods, time.Now()); n != 1 {
		t.Errorf("got %d restarting pods, want 1", n)
	}
}
