// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"fmt"

	dto "github.com/prometheus/client_model/go"
	"k8s.io/client-go/rest"
)

// Counter is a counter that several pods expose, summed over its label sets.
type Counter struct {
	Client    rest.Interface // client of the core API, for its proxy to pods
	Namespace string
	Port      int // container port that serves /metrics
	Name      string
}

// Sum reads the counter from each pod directly, without waiting for a scrape by
// Prometheus, and returns the sum. A pod that does not expose the counter is an error,
// not a zero.
func (c Counter) Sum(ctx context.Context, pods []string) (float64, error) {
	var sum float64
	for _, pod := range pods {
		value, err := c.one(ctx, pod)
		if err != nil {
			return 0, fmt.Errorf("reading %s of pod %s/%s: %w", c.Name, c.Namespace, pod, err)
		}
		sum += value
	}
	return sum, nil
}

func (c Counter) one(ctx context.Context, pod string) (float64, error) {
	body, err := c.Client.Get().Namespace(c.Namespace).Resource("pods").
		Name(fmt.Sprintf("%s:%d", pod, c.Port)).SubResource("proxy").Suffix("metrics").DoRaw(ctx)
	if err != nil {
		return 0, err
	}
	page, err := Parse(body)
	if err != nil {
		return 0, err
	}
	family, ok := page[c.Name]
	if !ok {
		return 0, fmt.Errorf("it is not among the %d metrics of the pod", len(page))
	}
	if family.GetType() != dto.MetricType_COUNTER {
		return 0, fmt.Errorf("it is a %s, want a counter", family.GetType())
	}
	return page.Sum(c.Name), nil
}
