// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bytes"
	"context"
	"fmt"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/rest"
)

// Counter is a counter that each of several pods exposes, all label sets of it
// together.
type Counter struct {
	Client    rest.Interface // client of the core API, for its proxy to pods
	Namespace string
	Port      int // container port that serves /metrics
	Name      string
}

// Sum reads the counter from each pod, past Prometheus and therefore without
// waiting for a scrape, and adds the values up. A pod that does not expose the
// counter is an error, not a zero.
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
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("exposition does not parse: %w", err)
	}
	family, ok := families[c.Name]
	if !ok {
		return 0, fmt.Errorf("it is not among the %d metrics of the pod", len(families))
	}
	var sum float64
	for _, m := range family.GetMetric() {
		if m.GetCounter() == nil {
			return 0, fmt.Errorf("it is a %s, want a counter", family.GetType())
		}
		sum += m.GetCounter().GetValue()
	}
	return sum, nil
}
