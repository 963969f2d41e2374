// SPDX-License-Identifier: Apache-2.0

package arena

import (
	"context"
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// Send sends Poisson arrivals of a constant rate, in requests per second, to an
// application until ctx ends or the time is over.
func (a *Arena) Send(ctx context.Context, app string, rate float64, length time.Duration, seed uint64) (*engine.Result, error) {
	arrivals, err := schedule.NewPoisson(schedule.Constant{ArrivalRate: rate}, length, seed)
	if err != nil {
		return nil, err
	}
	result, err := engine.Run(ctx, engine.Config{
		Target: a.Env.HTTPURL + "/heavywork", Host: Host(app), Schedule: arrivals, Timeout: 10 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("sending load to %s: %w", app, err)
	}
	if result.Succeeded == 0 && result.Sent > 0 {
		return result, fmt.Errorf("none of %d requests to %s was answered with success: %w", result.Sent, app, result.Err())
	}
	return result, nil
}
