// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// The names of the environment's adapter, and of the benchmark's own config map.
const (
	adapterNamespace  = "monitoring"
	adapterDeployment = "prometheus-adapter"
	configMap         = "rules"
)

// settleTimeout is how long a rollout may take to complete before the next run.
const settleTimeout = 2 * time.Minute

// cluster is the benchmark's own access to the cluster, without the provider.
type cluster struct {
	kube      kubernetes.Interface
	namespace string // of the benchmark alone
}

func connect(ctx context.Context) (*cluster, error) {
	path := os.Getenv("KUBE_CONFIG_PATH")
	if path == "" {
		return nil, errors.New(`KUBE_CONFIG_PATH is not set: take it from the environment with eval "$(make -s env)"`)
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig %q: %w", path, err)
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("using the kubeconfig %q: %w", path, err)
	}
	own, err := kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "promadapter-bench-"}}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating a namespace for the benchmark: %w", err)
	}
	return &cluster{kube: kube, namespace: own.Name}, nil
}

func (c *cluster) close(ctx context.Context) error {
	return c.kube.CoreV1().Namespaces().Delete(ctx, c.namespace, metav1.DeleteOptions{})
}

// rollouts returns the generation of the adapter's Deployment, which each rollout increases, or 0 without an adapter.
func (c *cluster) rollouts(ctx context.Context) (int64, error) {
	list, err := c.kube.AppsV1().Deployments(adapterNamespace).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + adapterDeployment})
	if err != nil {
		return 0, fmt.Errorf("reading the adapter's Deployment: %w", err)
	}
	for _, d := range list.Items {
		return d.Generation, nil
	}
	return 0, nil
}

// settled waits until no rollout of the adapter is in progress.
func (c *cluster) settled(ctx context.Context) error {
	return wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, settleTimeout, true, func(ctx context.Context) (bool, error) {
		list, err := c.kube.AppsV1().Deployments(adapterNamespace).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + adapterDeployment})
		if err != nil {
			return false, nil // the next poll may succeed
		}
		for _, d := range list.Items {
			s := d.Status
			return s.ObservedGeneration == d.Generation && s.Replicas == s.UpdatedReplicas && s.AvailableReplicas == s.Replicas, nil
		}
		return true, nil
	})
}
