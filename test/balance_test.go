// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// requireBalance measures how evenly NGINX spreads requests over all replicas,
// by the counters of the pods, while that many more are counted. A pod may get
// more or less than its share by chance, but nowhere near half or double.
func (s *suite) requireBalance(requests float64, limit time.Duration) {
	s.t.Helper()
	pods := s.observer.Since(s.observer.Mark())[0].Pods
	before := s.countedEach(pods)
	var shares []float64
	var spread metrics.Spread
	s.until(limit, fmt.Sprintf("until %.0f requests are counted", requests), func(context.Context) error {
		shares = s.countedEach(pods)
		for i := range shares {
			shares[i] -= before[i]
		}
		if spread = metrics.SpreadOf(shares); spread.Sum < requests {
			return fmt.Errorf("it is %.0f", spread.Sum)
		}
		return nil
	})
	s.t.Logf("balance: %s; requests per pod %v", spread, shares)
	if slices.Min(shares) < spread.Mean/2 || slices.Max(shares) > spread.Mean*2 {
		s.t.Errorf("requests per pod are %v, want each between half and double of %.0f", shares, spread.Mean)
	}
}

// countedEach is the application's counter in each of the pods.
func (s *suite) countedEach(pods []string) []float64 {
	s.t.Helper()
	each := make([]float64, len(pods))
	for i, pod := range pods {
		each[i] = s.counted([]string{pod})
	}
	return each
}
