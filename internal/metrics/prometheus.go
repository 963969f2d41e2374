// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// Prometheus queries a Prometheus server over its HTTP API.
type Prometheus struct {
	HTTP *http.Client
	URL  string // without a path
}

func (p Prometheus) api() (v1.API, error) {
	client, err := api.NewClient(api.Config{Address: p.URL, Client: p.HTTP})
	if err != nil {
		return nil, err
	}
	return v1.NewAPI(client), nil
}

// Scalar evaluates an expression and returns its current value. It fails unless there
// is exactly one series.
func (p Prometheus) Scalar(ctx context.Context, expression string) (float64, error) {
	values, err := p.Values(ctx, expression)
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, fmt.Errorf("querying %s: %d series, want one", expression, len(values))
	}
	return values[0], nil
}

// Values evaluates an expression and returns the current value of each of its
// series.
func (p Prometheus) Values(ctx context.Context, expression string) ([]float64, error) {
	prometheus, err := p.api()
	if err != nil {
		return nil, fmt.Errorf("querying %s: %w", expression, err)
	}
	answer, _, _, err := prometheus.Query(ctx, expression, time.Time{}) // at Prometheus' own time
	if err != nil {
		return nil, fmt.Errorf("querying %s: %w", expression, err)
	}
	vector, ok := answer.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("querying %s: got a %s, want a vector", expression, answer.Type())
	}
	var values []float64
	for _, sample := range vector {
		values = append(values, float64(sample.Value))
	}
	return values, nil
}

// ScrapeTarget is an active scrape target.
type ScrapeTarget struct {
	Namespace string
	Interval  time.Duration // scrape interval
}

// Targets returns the active scrape targets.
func (p Prometheus) Targets(ctx context.Context) ([]ScrapeTarget, error) {
	prometheus, err := p.api()
	if err != nil {
		return nil, fmt.Errorf("listing targets: %w", err)
	}
	found, err := prometheus.Targets(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing targets: %w", err)
	}
	var targets []ScrapeTarget
	for _, t := range found.Active {
		interval, err := model.ParseDuration(t.DiscoveredLabels[model.ScrapeIntervalLabel])
		if err != nil {
			return nil, fmt.Errorf("listing targets: interval of %s: %w", t.ScrapeURL, err)
		}
		targets = append(targets, ScrapeTarget{Namespace: string(t.Labels["namespace"]), Interval: time.Duration(interval)})
	}
	return targets, nil
}
