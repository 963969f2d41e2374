// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// starting is how long a pod may take before it counts as one that does not start: as long as the rollout of a Deployment may make no
// progress, by default.
const starting = 10 * time.Minute

func minReplicas(hpa *autoscalingv2.HorizontalPodAutoscaler) int32 {
	if hpa.Spec.MinReplicas == nil {
		return 1
	}
	return *hpa.Spec.MinReplicas
}

// lookAtPods reads the target by its scale subresource, as the controller does, so that any kind that can be scaled will do.
func (l *look) lookAtPods(ctx context.Context) Link {
	ref := l.hpa.Spec.ScaleTargetRef
	l.target = strings.ToLower(ref.Kind) + "/" + ref.Name
	version, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return notLookedAt("scaleTargetRef: %v", err)
	}
	plural, _ := meta.UnsafeGuessKindToResource(version.WithKind(ref.Kind))
	path := "/apis/" + ref.APIVersion
	if version.Group == "" {
		path = "/api/" + ref.APIVersion
	}
	raw, err := l.get(ctx, path+"/namespaces/"+l.Namespace+"/"+plural.Resource+"/"+ref.Name+"/scale", nil)
	if apierrors.IsNotFound(err) {
		return missing(fmt.Sprintf("the target, %s %s, is not there", ref.Kind, ref.Name),
			"The autoscaler's scaleTargetRef names nothing that can be scaled: the workload is gone, or has another name, kind or apiVersion ("+ref.APIVersion+").",
			fmt.Sprintf("kubectl -n %s get %s\nkubectl -n %s edit hpa %s", l.Namespace, plural.Resource, l.Namespace, l.Autoscaler))
	}
	if err != nil {
		return notLookedAt("%v", connection.Explain(err, "get", plural.Resource+"/scale", l.Namespace, ref.Name))
	}
	scale := &autoscalingv1.Scale{}
	if err := json.Unmarshal(raw, scale); err != nil {
		return notLookedAt("the scale of %s: %v", l.target, err)
	}
	l.podLabels, _ = labels.ConvertSelectorToLabelsMap(scale.Status.Selector) // fails for other selectors; the labels of pods take precedence anyway
	pods, err := l.Kube.CoreV1().Pods(l.Namespace).List(ctx, metav1.ListOptions{LabelSelector: scale.Status.Selector})
	if err != nil {
		return notLookedAt("%v", connection.Explain(err, "list", "pods", l.Namespace, ""))
	}
	l.scale, l.noPods = scale, "no pod is running"
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
			continue
		}
		l.pods, l.podLabels = append(l.pods, pod), pod.Labels
		if pod.Status.Phase == corev1.PodRunning {
			l.running = append(l.running, pod)
		}
		if isReady(pod) {
			l.ready = append(l.ready, pod)
		}
	}
	if len(l.running) > 0 {
		l.noPods = ""
	}
	if link := l.findServices(ctx); link != nil {
		return *link
	}
	switch {
	case scale.Spec.Replicas == 0 && metav1.GetControllerOf(l.hpa) != nil && metav1.GetControllerOf(l.hpa).Kind == "ScaledObject":
		l.asleep = true
		return ok("%s has 0 replicas: KEDA adds the first one. Until then the autoscaler is disabled", l.target)
	case scale.Spec.Replicas == 0 && l.asleep:
		return ok("%s has 0 replicas: an activator wakes it with the next request. Until then the autoscaler is disabled", l.target)
	case scale.Spec.Replicas == 0 && minReplicas(l.hpa) == 0:
		return ok("%s has 0 replicas: the autoscaler itself may scale it to zero and back", l.target)
	case scale.Spec.Replicas == 0:
		return missing(l.target+" has 0 replicas", "At 0 replicas the autoscaler is disabled: somebody has scaled the workload down by hand, or what wakes it is not there.",
			fmt.Sprintf("kubectl -n %s scale %s --replicas=%d", l.Namespace, l.target, max(1, minReplicas(l.hpa))))
	case len(l.ready) == 0:
		return missing(fmt.Sprintf("%s: 0 of %d pods are ready\n%s", l.target, len(l.pods), l.whyNotReady(ctx)),
			"A pod that is not ready gets no requests, and its metric does not count for the autoscaler. What the pods wait for is above.",
			fmt.Sprintf("kubectl -n %s describe pods -l '%s'", l.Namespace, scale.Status.Selector))
	}
	return ok("%s: %d of %d pods are ready", l.target, len(l.ready), len(l.pods))
}

func isReady(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// isStuck reports whether a pod has found no node, or a container has failed or cannot be created.
func isStuck(pod corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse
	}) || slices.ContainsFunc(slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses), func(c corev1.ContainerStatus) bool {
		waiting := c.State.Waiting
		return c.RestartCount > 0 || waiting != nil && waiting.Reason != "ContainerCreating" && waiting.Reason != "PodInitializing"
	})
}

// whyNotReady says what keeps pods from being ready, or from being created.
func (l *look) whyNotReady(ctx context.Context) string {
	lines := l.refusedPods(ctx)
	if len(l.pods) > 0 {
		lines = append(lines, l.cluster.Rollouts.DescribePods(ctx, l.pods)...)
	}
	return strings.Join(lines, "\n")
}

// refusedPods says why pods could not be created, for example because of a quota.
func (l *look) refusedPods(ctx context.Context) []string {
	warnings, _ := l.warnings(ctx)
	for _, e := range warnings {
		if e.Reason == "FailedCreate" && int32(len(l.pods)) < l.scale.Spec.Replicas {
			return []string{"pods are refused: " + e.Message}
		}
	}
	return nil
}

// lookAtReplicas compares what is wanted with what is ready.
func (l *look) lookAtReplicas(ctx context.Context) Link {
	if l.scale == nil {
		return notLookedAt("%s", l.noPods)
	}
	want, n := l.scale.Spec.Replicas, int32(len(l.ready))
	seen := fmt.Sprintf("%d wanted, %d ready", want, n)
	if desired := l.hpa.Status.DesiredReplicas; desired != want && desired > 0 {
		seen += fmt.Sprintf(" (the autoscaler's last decision was %d)", desired)
	}
	young := int32(0)
	for _, pod := range l.pods {
		if !isReady(pod) && !isStuck(pod) && time.Since(pod.CreationTimestamp.Time) < starting {
			young++
		}
	}
	if n >= want {
		return ok("%s", seen)
	}
	if n+young >= want {
		return ok("%s, %d starting", seen, young)
	}
	return missing(seen+"\n"+l.whyNotReady(ctx),
		"The autoscaler has done its part, but some of the pods do not start. What they wait for is above; Insufficient cpu or memory means that no node has room for what a pod requests.",
		fmt.Sprintf("kubectl -n %s describe pods -l '%s'\nkubectl -n %s describe resourcequotas\nkubectl describe nodes", l.Namespace, l.scale.Status.Selector, l.Namespace))
}

// lookAtConditions reads the conditions that the controller reports.
func (l *look) lookAtConditions() Link {
	if len(l.hpa.Status.Conditions) == 0 {
		return notLookedAt("the controller has not written any: it has not processed this autoscaler yet")
	}
	var texts []string
	for _, c := range l.hpa.Status.Conditions {
		bad := c.Status != corev1.ConditionTrue && (c.Type == autoscalingv2.ScalingActive || c.Type == autoscalingv2.AbleToScale)
		if bad && !l.asleep {
			return missing(fmt.Sprintf("%s is %s: %s: %s", c.Type, c.Status, c.Reason, c.Message),
				"The controller reports why it does not scale. If no link before this one is missing, it may not have synced since: its sync period is 15 s by default.",
				fmt.Sprintf("kubectl -n %s describe hpa %s", l.Namespace, l.Autoscaler))
		}
		texts = append(texts, fmt.Sprintf("%s is %s (%s)", c.Type, c.Status, c.Reason))
	}
	return ok("%s", strings.Join(texts, ", "))
}

// lookAtDecision says what follows from the values. Not scaling is often right, and not a fault.
func (l *look) lookAtDecision() Link {
	if l.asleep {
		return ok("0 replicas: none is decided until the workload is awake")
	}
	status := l.hpa.Status
	var texts []string
	for _, m := range l.metrics {
		for _, status := range status.CurrentMetrics {
			if value := m.current(status); value != nil && m.aim > 0 {
				n := value.AsApproximateFloat64()
				texts = append(texts, fmt.Sprintf("%s is %.4g of %.4g%s", m.name, n, m.aim, tolerated(l.hpa, n/m.aim)))
			}
		}
	}
	if len(texts) == 0 {
		return notLookedAt("the autoscaler has no value of a metric that is checked here")
	}
	for _, c := range status.Conditions {
		limited := c.Type == autoscalingv2.ScalingLimited && c.Status == corev1.ConditionTrue
		switch {
		case limited && c.Reason == "TooManyReplicas":
			texts = append(texts, fmt.Sprintf("it is at the maximum, %d: the load asks for more, and maxReplicas does not let it", l.hpa.Spec.MaxReplicas))
		case limited && c.Reason == "TooFewReplicas":
			texts = append(texts, fmt.Sprintf("it is at the minimum, %d: the load asks for fewer", minReplicas(l.hpa)))
		case limited, c.Type == autoscalingv2.AbleToScale && strings.Contains(c.Reason, "Stabilized"):
			texts = append(texts, c.Message)
		}
	}
	return ok("%d replicas, wants %d: %s", status.CurrentReplicas, status.DesiredReplicas, strings.Join(texts, "; "))
}

// tolerated says if a ratio of value and target is within the tolerance.
func tolerated(hpa *autoscalingv2.HorizontalPodAutoscaler, ratio float64) string {
	share := 0.1
	if b := hpa.Spec.Behavior; b != nil {
		rules := b.ScaleUp
		if ratio < 1 {
			rules = b.ScaleDown
		}
		if rules != nil && rules.Tolerance != nil {
			share = rules.Tolerance.AsApproximateFloat64()
		}
	}
	if math.Abs(ratio-1) <= share {
		return fmt.Sprintf(", within the tolerance of %g %%", 100*share)
	}
	return ""
}

// lookAtEvents never reports a missing link: events are about the past.
func (l *look) lookAtEvents(ctx context.Context) Link {
	warnings, err := l.warnings(ctx)
	if err != nil {
		return notLookedAt("%v", err)
	}
	if len(warnings) == 0 {
		return ok("no warning in the last 15 minutes")
	}
	e := warnings[0]
	return ok("%d warnings in the last 15 minutes, the last one %s ago: %s: %s", len(warnings), time.Since(lastSeen(e)).Round(time.Second), e.Reason, e.Message)
}

// warnings returns the latest events of the autoscaler, the target and its pods, the newest first.
func (l *look) warnings(ctx context.Context) ([]corev1.Event, error) {
	events, err := l.Kube.CoreV1().Events(l.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=" + corev1.EventTypeWarning})
	if err != nil {
		return nil, connection.Explain(err, "list", "events", l.Namespace, "")
	}
	target := l.hpa.Spec.ScaleTargetRef.Name
	found := slices.DeleteFunc(events.Items, func(e corev1.Event) bool {
		name := e.InvolvedObject.Name
		own := name == target || strings.HasPrefix(name, target+"-") || e.InvolvedObject.Kind == "HorizontalPodAutoscaler" && name == l.Autoscaler
		return e.Type != corev1.EventTypeWarning || !own || time.Since(lastSeen(e)) > 15*time.Minute
	})
	slices.SortFunc(found, func(a, b corev1.Event) int { return lastSeen(b).Compare(lastSeen(a)) })
	return found, nil
}

func lastSeen(e corev1.Event) time.Time {
	latest := e.EventTime.Time
	for _, at := range []time.Time{e.LastTimestamp.Time, e.CreationTimestamp.Time} {
		if at.After(latest) {
			latest = at
		}
	}
	return latest
}
