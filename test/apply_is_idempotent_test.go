// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Bringing the environment up has applied the configuration; a plan after it,
// with every object read from the cluster again, has nothing to change.
func TestApplyIsIdempotent(t *testing.T) {
	s := suite.Start(t, budget.TerraformPlan)
	suite.RequireEmptyPlan(t, suite.Options(s.Env))
}
