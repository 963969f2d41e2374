// SPDX-License-Identifier: Apache-2.0

// Package fleet says what the pods of the benchmark are called: the program that makes
// them and the one that exposes their counters must agree.
package fleet

import "fmt"

// MaxPods is the most the benchmark makes.
const MaxPods = 20000

// Counter is the metric each pod seems to expose, and Rate how much it rises in a
// second.
const (
	Counter = "heavywork_requests_total"
	Rate    = 10
)

// Pod returns the name of the i-th pod. It is as long as those that a Deployment
// makes, because names are what the adapter's query mostly consists of.
func Pod(i int) string { return fmt.Sprintf("heavywork-7d4b9c6f58-%05d", i) }
