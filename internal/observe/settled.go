// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// AwaitSettled waits until all nodes of a cluster and all that runs on them are ready,
// in all namespaces. By then Kubernetes has created the objects that it creates by
// itself, so a list of them is complete. The error says what was not ready when the
// context ended.
func AwaitSettled(ctx context.Context, client kubernetes.Interface) error {
	watching, cancel := context.WithCancel(ctx)
	factory := informers.NewSharedInformerFactory(client, 0)
	defer factory.Shutdown() // after cancel
	defer cancel()

	changed := make(chan struct{}, 1)
	notify := func() {
		select {
		case changed <- struct{}{}:
		default: // a pending check will see this change too
		}
	}
	for _, informer := range []cache.SharedIndexInformer{
		factory.Apps().V1().Deployments().Informer(),
		factory.Apps().V1().DaemonSets().Informer(),
		factory.Core().V1().Pods().Informer(),
		factory.Core().V1().Nodes().Informer(),
	} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { notify() },
			UpdateFunc: func(any, any) { notify() },
			DeleteFunc: func(any) { notify() },
		})
		if err != nil {
			return fmt.Errorf("watching the workloads of the cluster: %w", err)
		}
	}
	factory.Start(watching.Done())
	for kind, ok := range factory.WaitForCacheSync(watching.Done()) {
		if !ok {
			return fmt.Errorf("listing %s: %w", kind, context.Cause(ctx))
		}
	}
	for {
		err := look(factory)
		if err == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the cluster is not ready: %w: %w", err, context.Cause(ctx))
		}
	}
}

func look(factory informers.SharedInformerFactory) error {
	deployments, derr := factory.Apps().V1().Deployments().Lister().List(labels.Everything())
	sets, serr := factory.Apps().V1().DaemonSets().Lister().List(labels.Everything())
	pods, perr := factory.Core().V1().Pods().Lister().List(labels.Everything())
	nodes, nerr := factory.Core().V1().Nodes().Lister().List(labels.Everything())
	if err := errors.Join(derr, serr, perr, nerr); err != nil {
		return err
	}
	return unsettled(nodes, deployments, sets, pods)
}

// unsettled returns an error that names what is not ready. A cluster without any
// Deployment is still being set up, and a node that is not ready will get more pods.
func unsettled(nodes []*corev1.Node, deployments []*appsv1.Deployment, sets []*appsv1.DaemonSet, pods []*corev1.Pod) error {
	for _, n := range nodes {
		if !slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
			return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
		}) {
			return fmt.Errorf("node %s is not ready", n.Name)
		}
	}
	if len(deployments) == 0 {
		return errors.New("there is no deployment yet")
	}
	for _, d := range deployments {
		if d.Spec.Replicas == nil || d.Status.ObservedGeneration < d.Generation || d.Status.AvailableReplicas < *d.Spec.Replicas {
			return fmt.Errorf("deployment %s/%s has %d replicas available", d.Namespace, d.Name, d.Status.AvailableReplicas)
		}
	}
	for _, d := range sets {
		if d.Status.ObservedGeneration < d.Generation || d.Status.NumberReady < d.Status.DesiredNumberScheduled {
			return fmt.Errorf("daemon set %s/%s is ready on %d of %d nodes", d.Namespace, d.Name, d.Status.NumberReady, d.Status.DesiredNumberScheduled)
		}
	}
	for _, p := range pods {
		if p.Status.Phase != corev1.PodSucceeded && !ready(p) {
			return fmt.Errorf("pod %s/%s is not ready", p.Namespace, p.Name)
		}
	}
	return nil
}

func ready(p *corev1.Pod) bool {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
