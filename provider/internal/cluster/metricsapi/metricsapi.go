// SPDX-License-Identifier: Apache-2.0

package metricsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
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

// Client reads the metrics APIs. It is safe for use by several goroutines.
type Client struct{ rest rest.Interface }

// New returns a client that uses the API server's REST client.
func New(kube kubernetes.Interface) *Client { return &Client{rest: kube.Discovery().RESTClient()} }

func (a API) path() string { return "/apis/" + string(a) + "/" + metricsVersion }

// Metric is the metric that a rule should make.
type Metric struct {
	API         API
	Name        string // empty if it depends on which series exist
	SeriesQuery string // for the person who reads the error
	ValuesIn    string // a namespace that must have at least one value, or empty
}

// List returns the names of the metrics that an API lists, each once, in order.
func (c *Client) List(ctx context.Context, api API) ([]string, error) {
	names, err := c.listResources(ctx, api)
	if err != nil || api == ExternalMetrics {
		return names, err
	}
	for i := range names {
		_, names[i], _ = strings.Cut(names[i], "/")
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// listResources returns what an API lists, for custom metrics with the resource, as in pods/heavywork_requests_per_second.
func (c *Client) listResources(ctx context.Context, api API) ([]string, error) {
	var list metav1.APIResourceList
	if err := c.getJSON(ctx, api.path(), &list); err != nil {
		return nil, err
	}
	names := []string{}
	for _, res := range list.APIResources {
		names = append(names, res.Name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Serves reports whether a metric is served; names are those that its API lists, nil if the API does not answer.
func (c *Client) Serves(ctx context.Context, m Metric, names []string) bool {
	if m.Name == "" {
		return names != nil
	}
	if _, found := slices.BinarySearch(names, m.Name); !found {
		return false
	}
	if m.ValuesIn == "" {
		return true
	}
	n, err := c.count(ctx, m)
	return err == nil && n > 0
}

// query asks for what a rule with ValuesIn waits for: values of pods for a custom metric.
func (m Metric) query() Query {
	return Query{API: m.API, Metric: m.Name, Namespace: m.ValuesIn, Resource: "pods"}
}

// count returns how many values a metric has in its namespace.
func (c *Client) count(ctx context.Context, m Metric) (int, error) {
	var values struct {
		Items []json.RawMessage `json:"items"`
	}
	err := c.getJSON(ctx, m.query().Path(), &values)
	return len(values.Items), err
}

// getJSON reads a response. params are names and values in turn; a parameter with an empty value is left out.
func (c *Client) getJSON(ctx context.Context, path string, out any, params ...string) error {
	ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
	defer cancel()
	req := c.rest.Get().AbsPath(path)
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			req = req.Param(params[i], params[i+1])
		}
	}
	raw, err := req.Do(ctx).Raw()
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("GET %s: unexpected answer: %w", path, err)
	}
	return nil
}
