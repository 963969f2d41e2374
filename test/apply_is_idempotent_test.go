// SPDX-License-Identifier: Apache-2.0

package test

import "testing"

// Bringing the environment up has applied the configuration; a plan after it,
// with every object read from the cluster again, has nothing to change.
func TestApplyIsIdempotent(t *testing.T) {
	s := start(t, tfPlan)
	requireEmptyPlan(t, options(s.env))
}
