// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Exposition holds the metrics of a page in Prometheus' text format, by name.
type Exposition map[string]*dto.MetricFamily

// Page returns the body of a page. Any status but 200 is an error.
func Page(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", address, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, response.Status)
	}
	return body, nil
}

// Parse parses a page. With names, it parses those metrics only: the API server's page
// has megabytes. They are then untyped, and a histogram is two metrics, its name with
// _sum and with _count.
func Parse(page []byte, names ...string) (Exposition, error) {
	wanted := page
	if len(names) > 0 {
		var some bytes.Buffer
		lines := bufio.NewScanner(bytes.NewReader(page))
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			for _, name := range names {
				if rest, found := strings.CutPrefix(lines.Text(), name); found && (strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, " ")) {
					some.WriteString(lines.Text() + "\n")
				}
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("reading an exposition: %w", err)
		}
		wanted = some.Bytes()
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(wanted))
	if err != nil {
		return nil, fmt.Errorf("exposition does not parse: %w", err)
	}
	return families, nil
}

// Sum returns the sum over the series of a metric that have all the labels, given as
// alternating names and values.
func (e Exposition) Sum(name string, labels ...string) float64 {
	var sum float64
series:
	for _, m := range e[name].GetMetric() {
		for i := 0; i < len(labels); i += 2 {
			if Label(m, labels[i]) != labels[i+1] {
				continue series
			}
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() // only one of them is set
	}
	return sum
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
