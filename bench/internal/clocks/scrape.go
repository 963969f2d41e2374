// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// SetScrape makes Prometheus scrape an application every interval, and waits
// until it does.
func (n Node) SetScrape(ctx context.Context, prometheus metrics.Prometheus, app string, interval time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/spec/endpoints/0/interval", "value": interval.String()},
		{"op": "replace", "path": "/spec/endpoints/0/scrapeTimeout", "value": interval.String()},
	})
	if err != nil {
		return fmt.Errorf("encoding a scrape interval: %w", err)
	}
	err = n.Client.CoreV1().RESTClient().Patch(types.JSONPatchType).
		AbsPath("/apis/monitoring.coreos.com/v1/namespaces", arena.Namespace(app), "servicemonitors", arena.Deployment).
		Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("changing the scrape interval of %s: %w", app, err)
	}
	return n.until(ctx, fmt.Sprintf("scrapes of %s every %s", app, interval), func(ctx context.Context) error {
		targets, err := prometheus.Targets(ctx)
		if err != nil {
			return err
		}
		found := false
		for _, t := range targets {
			if t.Namespace == arena.Namespace(app) {
				if t.Interval != interval {
					return fmt.Errorf("it is scraped every %s", t.Interval)
				}
				found = true
			}
		}
		if !found {
			return errors.New("it is not scraped")
		}
		return nil
	})
}
