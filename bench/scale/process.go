// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// exposition holds the few metrics of a page that were asked for.
type exposition map[string]*dto.MetricFamily

// parse reads the named metrics of a page and skips everything else: the API server's page has
// megabytes. A histogram is asked for by its name with _sum and _count.
func parse(text []byte, names ...string) (exposition, error) {
	var wanted bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for _, name := range names {
			if rest, found := strings.CutPrefix(lines.Text(), name); found && (strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, " ")) {
				wanted.WriteString(lines.Text() + "\n")
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading an exposition: %w", err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&wanted)
	if err != nil {
		return nil, fmt.Errorf("parsing an exposition: %w", err)
	}
	return families, nil
}

// sum adds up the series of a metric that have all the labels, given as name and value by turns.
func (e exposition) sum(name string, labels ...string) float64 {
	var sum float64
	for _, m := range e[name].GetMetric() {
		if matches(m, labels) {
			sum += m.GetUntyped().GetValue()
		}
	}
	return sum
}

func matches(m *dto.Metric, labels []string) bool {
	for i := 0; i < len(labels); i += 2 {
		found := false
		for _, l := range m.GetLabel() {
			found = found || l.GetName() == labels[i] && l.GetValue() == labels[i+1]
		}
		if !found {
			return false
		}
	}
	return true
}

// total is a histogram's sum and number of observations.
type total struct{ sum, count float64 }

func (e exposition) total(name string, labels ...string) total {
	return total{e.sum(name+"_sum", labels...), e.sum(name+"_count", labels...)}
}

// since is what has been added after another, earlier one.
func (t total) since(earlier total) total { return total{t.sum - earlier.sum, t.count - earlier.count} }

// mean is 0 when nothing was observed.
func (t total) mean() float64 {
	if t.count == 0 {
		return 0
	}
	return t.sum / t.count
}
