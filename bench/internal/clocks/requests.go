// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"context"
	"fmt"

	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// Count is how many requests an API server has answered since it started.
type Count struct {
	All    float64
	Scales float64 // reads of the scale of a Deployment: one for each sync of an autoscaler
}

// Requests reads the count from the API server's own metrics.
func Requests(ctx context.Context, client kubernetes.Interface) (Count, error) {
	const name = "apiserver_request_total"
	body, err := client.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return Count{}, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	page, err := metrics.Parse(body, name)
	if err != nil {
		return Count{}, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	c := Count{All: page.Sum(name), Scales: page.Sum(name, "resource", "deployments", "subresource", "scale", "verb", "GET")}
	if c.All == 0 {
		return Count{}, fmt.Errorf("the API server has no metric %s", name)
	}
	return c, nil
}
