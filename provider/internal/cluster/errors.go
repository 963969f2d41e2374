// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"fmt"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Errors that callers branch on.
var (
	ErrConfigMapNotFound  = errors.New("config map not found")
	ErrDeploymentNotFound = errors.New("deployment not found")
)

// explain adds to an error of the API server what was tried and, when a permission is missing, which one.
func explain(err error, verb, resource, namespace, name string) error {
	object := resource + " " + namespace + "/" + name
	if namespace == "" {
		object = resource + " " + name
	}
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("cannot %s %s: the credentials lack a permission; grant the verb %q on the resource %q%s: %w",
			verb, object, verb, resource, inNamespace(namespace), err)
	}
	if apierrors.IsUnauthorized(err) {
		return fmt.Errorf("cannot %s %s: the API server does not know these credentials; check the provider's token or kubeconfig: %w", verb, object, err)
	}
	var unreachable *url.Error
	if errors.As(err, &unreachable) {
		return fmt.Errorf("cannot %s %s: the API server does not answer; check the provider's host or kubeconfig, and that the cluster runs: %w", verb, object, err)
	}
	return fmt.Errorf("cannot %s %s: %w", verb, object, err)
}
