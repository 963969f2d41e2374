// SPDX-License-Identifier: Apache-2.0

// Package metrics reads numbers at both ends of the metric path: the counter
// that the application's pods expose, and the rate that the API server hands to
// the autoscaler.
package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"k8s.io/client-go/rest"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"
)

// Pods names one metric of all pods in a namespace.
type Pods struct {
	Client    rest.Interface // any client of the API server; only its transport is used
	Namespace string
	Metric    string
}

// Path returns the path of the metric at the API server, as for kubectl get --raw.
func (p Pods) Path() string {
	return path.Join("/apis/custom.metrics.k8s.io/v1beta1/namespaces", p.Namespace, "pods/*", p.Metric)
}

// Raw returns the API server's answer unchanged.
func (p Pods) Raw(ctx context.Context) ([]byte, error) {
	body, err := p.Client.Get().AbsPath(p.Path()).DoRaw(ctx)
	if err != nil {
		return body, fmt.Errorf("reading %q: %w", p.Path(), err)
	}
	return body, nil
}

// Values returns the API server's answer. It fails if that is not a MetricValueList of
// the requested version.
func (p Pods) Values(ctx context.Context) (*v1beta1.MetricValueList, error) {
	body, err := p.Raw(ctx)
	if err != nil {
		return nil, err
	}
	list := &v1beta1.MetricValueList{}
	if err := json.Unmarshal(body, list); err != nil {
		return nil, fmt.Errorf("answer of %q is not JSON of the expected form: %w; it is %q", p.Path(), err, body)
	}
	if list.Kind != "MetricValueList" || list.APIVersion != v1beta1.SchemeGroupVersion.String() {
		return nil, fmt.Errorf("answer of %q is a %q of %q, want a MetricValueList of %q",
			p.Path(), list.Kind, list.APIVersion, v1beta1.SchemeGroupVersion)
	}
	return list, nil
}
