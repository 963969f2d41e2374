// SPDX-License-Identifier: Apache-2.0

// Package fleet names the pods of the benchmark: the program that creates them and the
// one that exposes their counters must agree.
package fleet

import "fmt"

// MaxPods is the maximum that the benchmark creates.
const MaxPods = 20000

// Counter is the metric each pod seems to expose, and Rate its increase per second.
const (
	Counter = "heavywork_requests_total"
	Rate    = 10
)

// Pod returns the name of the i-th pod. It is as long as those of a Deployment's pods,
// because names are most of the adapter's query.
func Pod(i int) string { return fmt.Sprintf("heavywork-7d4b9c6f58-%05d", i) }
