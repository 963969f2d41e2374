// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// logLines bounds how much of each container's log is saved.
const logLines int64 = 2000

func autoscaler(ctx context.Context, o Options) ([]byte, error) {
	h, err := o.Client.AutoscalingV2().HorizontalPodAutoscalers(o.Metric.Namespace).Get(ctx, o.Autoscaler, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	h.ManagedFields = nil
	return yaml.Marshal(h)
}

func events(ctx context.Context, o Options) ([]byte, error) {
	var all []corev1.Event
	var problems []error
	for _, namespace := range o.Namespaces {
		list, err := o.Client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, list.Items...)
	}
	slices.SortStableFunc(all, func(a, b corev1.Event) int { return seen(a).Compare(seen(b)) })
	var b bytes.Buffer
	for _, e := range all {
		fmt.Fprintf(&b, "%s %s %s %s/%s: %s (%d times)\n", seen(e).UTC().Format(time.TimeOnly), e.Type, e.Reason,
			e.Namespace, e.InvolvedObject.Name, e.Message, max(e.Count, 1))
	}
	return b.Bytes(), errors.Join(problems...)
}

// seen is when an event happened last; which field says so depends on the
// component that reported it.
func seen(e corev1.Event) time.Time {
	return cmp.Or(e.LastTimestamp.Time, e.EventTime.Time, e.CreationTimestamp.Time)
}

func pods(ctx context.Context, o Options) ([]byte, error) {
	var b bytes.Buffer
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "POD\tNODE\tPHASE\tREADY\tRESTARTS\tSTATE")
	err := eachPod(ctx, o, func(p corev1.Pod) error {
		phase := string(p.Status.Phase)
		if p.DeletionTimestamp != nil {
			phase = "Terminating"
		}
		for _, c := range p.Status.ContainerStatuses {
			fmt.Fprintf(table, "%s/%s %s\t%s\t%s\t%t\t%d\t%s\n", p.Namespace, p.Name, c.Name, p.Spec.NodeName, phase, c.Ready, c.RestartCount, why(c))
		}
		if len(p.Status.ContainerStatuses) == 0 {
			fmt.Fprintf(table, "%s/%s\t%s\t%s\tfalse\t0\t%s\n", p.Namespace, p.Name, p.Spec.NodeName, phase, conditions(p))
		}
		return nil
	})
	err = errors.Join(err, table.Flush())
	return b.Bytes(), err
}

func why(c corev1.ContainerStatus) string {
	switch {
	case c.State.Waiting != nil:
		return fmt.Sprintf("%s: %s", c.State.Waiting.Reason, c.State.Waiting.Message)
	case c.State.Terminated != nil:
		return fmt.Sprintf("%s: exit status %d", c.State.Terminated.Reason, c.State.Terminated.ExitCode)
	case c.LastTerminationState.Terminated != nil:
		last := c.LastTerminationState.Terminated
		return fmt.Sprintf("runs, before that %s: exit status %d", last.Reason, last.ExitCode)
	}
	return "runs"
}

func conditions(p corev1.Pod) string {
	var b bytes.Buffer
	for _, c := range p.Status.Conditions {
		if c.Status != corev1.ConditionTrue {
			fmt.Fprintf(&b, "%s %s: %s ", c.Type, c.Reason, c.Message)
		}
	}
	return b.String()
}

func customMetric(ctx context.Context, o Options) ([]byte, error) { return o.Metric.Raw(ctx) }

// saveLogs writes the log of every container to logs/<namespace>_<pod>_<container>.log.
func saveLogs(ctx context.Context, o Options) error {
	dir := filepath.Join(o.Dir, "logs")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making a directory for logs: %w", err)
	}
	return eachPod(ctx, o, func(p corev1.Pod) error {
		var problems []error
		for _, c := range p.Spec.Containers {
			limit := logLines
			log, err := o.Client.CoreV1().Pods(p.Namespace).
				GetLogs(p.Name, &corev1.PodLogOptions{Container: c.Name, TailLines: &limit, Timestamps: true}).DoRaw(ctx)
			if err != nil {
				log = fmt.Appendf(log, "\n(not available: %v)\n", err)
			}
			if p.Namespace == o.Rules.Namespace {
				o.Log("end of the log of %s/%s %s:\n%s", p.Namespace, p.Name, c.Name, tail(log, 15))
			}
			file := fmt.Sprintf("%s_%s_%s.log", p.Namespace, p.Name, c.Name)
			problems = append(problems, os.WriteFile(filepath.Join(dir, file), log, 0o644))
		}
		return errors.Join(problems...)
	})
}

func eachPod(ctx context.Context, o Options, do func(corev1.Pod) error) error {
	var problems []error
	for _, namespace := range o.Namespaces {
		list, err := o.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			problems = append(problems, fmt.Errorf("listing pods of namespace %q: %w", namespace, err))
			continue
		}
		for _, p := range list.Items {
			problems = append(problems, do(p))
		}
	}
	return errors.Join(problems...)
}
