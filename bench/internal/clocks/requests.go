// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"bytes"
	"context"
	"fmt"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/kubernetes"
)

// Count is how many requests an API server has answered since it began.
type Count struct {
	All    float64
	Scales float64 // reads of the scale of a Deployment: one for each look of an autoscaler
}

// Requests reads the count from the API server's own metrics.
func Requests(ctx context.Context, client kubernetes.Interface) (Count, error) {
	const name = "apiserver_request_total"
	body, err := client.Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return Count{}, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	families, err := Families(body)
	if err != nil {
		return Count{}, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	var c Count
	for _, m := range families[name].GetMetric() {
		c.All += m.GetCounter().GetValue()
		if Label(m, "resource") == "deployments" && Label(m, "subresource") == "scale" && Label(m, "verb") == "GET" {
			c.Scales += m.GetCounter().GetValue()
		}
	}
	if c.All == 0 {
		return Count{}, fmt.Errorf("the API server has no metric %s", name)
	}
	return c, nil
}

// Families parses metrics in Prometheus' text format.
func Families(text []byte) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(text))
}

// Label returns the value of a label, empty if there is none.
func Label(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
