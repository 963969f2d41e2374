// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/clocks"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
)

// defaultPeriod is how often the controller manager looks at each autoscaler
// where nobody has told it otherwise.
const defaultPeriod = 15 * time.Second

// slowAutoscaler gives the autoscaler its default period. The second that this
// environment gives it is over before the metric of thousands of pods is there,
// and without a pause between two loops the cost of one cannot be told.
func (s *stage) slowAutoscaler(ctx context.Context, _ string) error {
	node := clocks.Node{Client: s.client, Node: node.Node{Engine: s.env.Engine, Name: s.node}}
	s.later(func(ctx context.Context) error { return node.SetSync(ctx, s.env.HPASyncPeriod()) })
	return node.SetSync(ctx, defaultPeriod)
}
