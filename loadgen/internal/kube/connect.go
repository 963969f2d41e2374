// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// ErrNoCluster is the error of Connect when nothing says where a cluster is: no
// kubeconfig, and not inside one either.
var ErrNoCluster = errors.New("no cluster is configured")

// Connect returns a client of the cluster that kubectl would use with this
// kubeconfig and context, and the context's namespace. Empty arguments mean
// KUBECONFIG, ~/.kube/config or the cluster this process runs in, and the
// current context. It sends nothing yet.
func Connect(kubeconfig, context string) (*Client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	rules.WarnIfAllMissing = false
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, "", ErrNoCluster
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	// Warnings about old API versions would be printed into a live view.
	config.WarningHandler = rest.NoWarnings{}
	config.UserAgent = "loadgen"
	client, err := New(config)
	if err != nil {
		return nil, "", err
	}
	return client, namespace, nil
}
