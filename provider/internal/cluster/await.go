// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Metric is what a rule is meant to bring about.
type Metric struct {
	API         API
	Name        string // empty when it depends on which series there are
	SeriesQuery string // for the person who reads the error
	ValuesIn    string // a namespace that must have at least one value, or empty
}

// Reason says which link of the chain from the rule to the metric is missing.
type Reason int

// The links, in the order in which they are checked.
const (
	ReasonAdapter Reason = iota // the adapter's Deployment is not available
	ReasonAPI                   // the metrics API does not answer
	ReasonName                  // a metric of a similar name is listed
	ReasonSeries                // the metric is not listed
	ReasonValues                // the metric is listed, but has no value in the namespace
	ReasonSlow                  // all is there now, it only took too long
)

// NotServedError says why a metric was not served in time.
type NotServedError struct {
	Reason Reason
	Detail string // what was found, and what to do about it
}

func (e *NotServedError) Error() string { return e.Detail }

// AwaitServed waits until the adapter has loaded its text and serves the metric. An empty deployment is not waited for.
// After the timeout the error is a NotServedError. It fails at once with ErrDeploymentNotFound, and when the context ends.
func (c *Client) AwaitServed(ctx context.Context, namespace, deployment string, m Metric, timeout time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err := c.awaitServed(waiting, namespace, deployment, m)
	if err == nil || errors.Is(err, ErrDeploymentNotFound) {
		return err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted while waiting for metric %q: %w", m.Name, context.Cause(ctx))
	}
	return c.diagnose(ctx, namespace, deployment, m, timeout)
}

func (c *Client) awaitServed(ctx context.Context, namespace, deployment string, m Metric) error {
	if deployment != "" {
		if err := c.awaitRollout(ctx, namespace, deployment); err != nil {
			return err
		}
	}
	for !c.served(ctx, m) {
		if err := pause(ctx, c.opts.Poll); err != nil {
			return err
		}
	}
	return nil
}

// served reports whether the metric is there. What is in the way is of interest only when time is up: see diagnose.
func (c *Client) served(ctx context.Context, m Metric) bool {
	names, err := c.listMetrics(ctx, m.API)
	if err != nil {
		return false
	}
	if m.Name == "" {
		return true
	}
	if !slices.Contains(names, m.Name) {
		return false
	}
	if m.ValuesIn == "" {
		return true
	}
	n, err := c.countValues(ctx, m.API, m.Name, m.ValuesIn)
	return err == nil && n > 0
}
