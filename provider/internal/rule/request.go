// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Request is what a client of the metrics API asks for, an HPA for example.
type Request struct {
	Series    string          // the series behind the metric
	Resource  GroupResource   // of the objects, singular or plural; not used for external metrics
	Namespace string          // empty for cluster-scoped objects
	Names     []string        // of the objects, at least one; not used for external metrics
	Selector  labels.Selector // of the metric's own labels; nil selects everything
}

// ErrNoNames is returned for a request for a custom metric without objects, for which the adapter does not query Prometheus.
var ErrNoNames = errors.New("no names of objects")

// Render returns the PromQL that the adapter sends to Prometheus for a request, rendered by the adapter's own code. It fails with
// ErrNoNames, if the rule maps no label to the resource or to namespace, and if the template or the selector cannot be used.
func Render(kind Kind, r Rule, req Request) (string, error) {
	out, err := render(kind, r, req, forRule(r, req.Resource))
	return out.text, err
}

// LabelFor returns the label of the rule's series that names objects of a resource. It fails if the rule maps none to it.
func LabelFor(r Rule, res GroupResource) (string, error) {
	m := forRule(r, res)
	conv, err := naming.NewResourceConverter(r.Resources.Template, r.Adapter().Resources.Overrides, m)
	if err != nil {
		return "", fmt.Errorf("cannot map resources: %w", err)
	}
	found, err := m.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource})
	if err != nil {
		return "", err
	}
	label, err := conv.LabelForResource(found.GroupResource())
	return string(label), err
}

// rendered is a query with the requested resource, in its normal form, and the label that names it. Both are empty for an external
// metric.
type rendered struct {
	text     string
	resource schema.GroupResource
	label    string
}

func render(kind Kind, r Rule, req Request, m *mapper) (out rendered, err error) {
	adapter := r.Adapter()
	conv, err := naming.NewResourceConverter(adapter.Resources.Template, adapter.Resources.Overrides, m)
	if err != nil {
		return out, fmt.Errorf("cannot map resources: %w", err)
	}
	namespaced := r.Resources.Namespaced == nil || *r.Resources.Namespaced
	query, err := naming.NewExternalMetricsQuery(r.MetricsQuery, conv, namespaced)
	if err != nil {
		return out, err
	}
	selector := req.Selector
	if selector == nil {
		selector = labels.Everything()
	}
	if kind == KindExternal {
		text, err := query.BuildExternal(req.Series, req.Namespace, "", nil, selector)
		out.text = string(text)
		return out, err
	}
	if len(req.Names) == 0 {
		return out, ErrNoNames
	}
	res, err := m.ResourceFor(schema.GroupVersionResource{Group: req.Resource.Group, Resource: req.Resource.Resource})
	if err != nil {
		return out, err
	}
	out.resource = res.GroupResource()
	label, err := conv.LabelForResource(out.resource)
	if err != nil {
		return out, err
	}
	out.label = string(label)
	text, err := query.Build(req.Series, out.resource, req.Namespace, nil, selector, req.Names...)
	out.text = string(text)
	return out, err
}
