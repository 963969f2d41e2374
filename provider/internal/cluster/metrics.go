// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// API is the API group that serves a metric.
type API string

// The API groups of prometheus-adapter.
const (
	CustomMetrics   API = "custom.metrics.k8s.io"
	ExternalMetrics API = "external.metrics.k8s.io"
)

// metricsVersion is the version of both groups that every release of the adapter serves.
const metricsVersion = "v1beta1"

func (a API) path() string { return "/apis/" + string(a) + "/" + metricsVersion }

// listMetrics returns the names of the metrics that an API lists, each once, in order.
func (c *Client) listMetrics(ctx context.Context, api API) ([]string, error) {
	var list metav1.APIResourceList
	if err := c.getJSON(ctx, api.path(), &list); err != nil {
		return nil, err
	}
	var names []string
	for _, res := range list.APIResources {
		name := res.Name
		if api == CustomMetrics { // "pods/heavywork_requests_per_second"
			_, name, _ = strings.Cut(name, "/")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// countValues returns how many values a metric has in a namespace: of its pods for a custom metric.
func (c *Client) countValues(ctx context.Context, api API, metric, namespace string) (int, error) {
	path := api.path() + "/namespaces/" + namespace + "/"
	if api == CustomMetrics {
		path += "pods/*/"
	}
	var values struct {
		Items []json.RawMessage `json:"items"`
	}
	err := c.getJSON(ctx, path+metric, &values)
	return len(values.Items), err
}

func (c *Client) getJSON(ctx context.Context, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	raw, err := c.kube.Discovery().RESTClient().Get().AbsPath(path).Do(ctx).Raw()
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("GET %s: unexpected answer: %w", path, err)
	}
	return nil
}
