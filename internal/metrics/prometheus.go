// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
)

// Prometheus asks a Prometheus over its HTTP API.
type Prometheus struct {
	HTTP *http.Client
	URL  string // without a path
}

// Scalar evaluates an expression that has exactly one series and returns its
// present value.
func (p Prometheus) Scalar(ctx context.Context, expression string) (float64, error) {
	values, err := p.Values(ctx, expression)
	if err != nil {
		return 0, err
	}
	if len(values) != 1 {
		return 0, fmt.Errorf("asking for %s: %d series, want one", expression, len(values))
	}
	return values[0], nil
}

// Values evaluates an expression and returns the present value of each of its
// series.
func (p Prometheus) Values(ctx context.Context, expression string) ([]float64, error) {
	address := p.URL + "/api/v1/query?query=" + url.QueryEscape(expression)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", expression, err)
	}
	response, err := p.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for %s: %w", expression, err)
	}
	defer response.Body.Close()
	var body struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return nil, fmt.Errorf("asking for %s: status %s: %w", expression, response.Status, err)
	}
	if body.Status != "success" {
		return nil, fmt.Errorf("asking for %s: %s", expression, body.Error)
	}
	var values []float64
	for _, series := range body.Data.Result {
		text, _ := series.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("asking for %s: value %q: %w", expression, text, err)
		}
		values = append(values, value)
	}
	return values, nil
}

// ScrapeTarget is something that is scraped.
type ScrapeTarget struct {
	Labels   map[string]string
	Interval time.Duration // between two scrapes
}

// Targets returns what is being scraped at present.
func (p Prometheus) Targets(ctx context.Context) ([]ScrapeTarget, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/api/v1/targets?state=active", nil)
	if err != nil {
		return nil, fmt.Errorf("asking for targets: %w", err)
	}
	response, err := p.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for targets: %w", err)
	}
	defer response.Body.Close()
	var body struct {
		Data struct {
			ActiveTargets []struct {
				Labels         map[string]string
				ScrapeInterval string
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return nil, fmt.Errorf("asking for targets: status %s: %w", response.Status, err)
	}
	var targets []ScrapeTarget
	for _, t := range body.Data.ActiveTargets {
		interval, err := model.ParseDuration(t.ScrapeInterval)
		if err != nil {
			return nil, fmt.Errorf("asking for targets: interval %q: %w", t.ScrapeInterval, err)
		}
		targets = append(targets, ScrapeTarget{Labels: t.Labels, Interval: time.Duration(interval)})
	}
	return targets, nil
}
