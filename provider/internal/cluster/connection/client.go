// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// RequestTimeout is how long one request may take. It does not apply to watches.
const RequestTimeout = 30 * time.Second

// Marks of the provider's writes.
const (
	FieldManager = "terraform-provider-promadapter"
	// RevisionAnnotation is on the config map, where each write of rules sets a new unique value, and on the adapter's pod template,
	// where it says with which of these values the pods were started.
	RevisionAnnotation = "promadapter.nginx-prometheus-hpa/revision"
)

// New returns a client for a cluster; it sends nothing yet.
func New(cfg *rest.Config) (kubernetes.Interface, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1                              // Terraform limits what runs in parallel, and the API server ensures fairness
	cfg.ContentType = runtime.ContentTypeJSON // the few objects are small, and text is easier to follow on the wire
	kube, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot set up a client for %s: %w", cfg.Host, err)
	}
	return kube, nil
}

// Explain adds to an error of the API server what was tried and, when a permission is missing, which one.
func Explain(err error, verb, resource, namespace, name string) error {
	object := resource + " " + namespace + "/" + name
	if namespace == "" {
		object = resource + " " + name
	}
	if apierrors.IsForbidden(err) {
		return fmt.Errorf("cannot %s %s: the credentials lack a permission; grant the verb %q on the resource %q%s: %w",
			verb, object, verb, resource, InNamespace(namespace), err)
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

// InNamespace continues a sentence with the namespace, if there is one.
func InNamespace(namespace string) string {
	if namespace == "" {
		return ""
	}
	return fmt.Sprintf(" in namespace %q", namespace)
}
