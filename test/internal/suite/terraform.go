// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"context"
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
)

// Options returns terratest's options for the root configuration of an environment.
// The environment variables determine state, providers and cluster.
func Options(env environment.Environment) *terraform.Options {
	return &terraform.Options{
		TerraformDir: env.TerraformDir,
		EnvVars:      env.Env,
		NoColor:      true,
		Lock:         true, // terratest passes -lock=false otherwise
	}
}

// RequireEmptyPlan fails the test when terraform would change anything. The
// plan itself is in the test's output.
func RequireEmptyPlan(t *testing.T, o *terraform.Options) {
	t.Helper()
	switch code := terraform.PlanExitCode(t, o); code {
	case 0:
	case 2:
		t.Errorf("the second plan is not empty: something does not stay as it was applied")
	default:
		t.Fatalf("terraform plan failed with exit status %d", code)
	}
}

// ActivatorTime is how long it takes to install the activator, and to remove it.
const ActivatorTime = 2*budget.TerraformApply + budget.PodStart

// WithActivator applies the environment with scale_to_zero until the test ends.
func (s *Suite) WithActivator(idleSeconds int) {
	s.T.Helper()
	with := Options(s.Env)
	with.Vars = map[string]any{"scale_to_zero": true, "idle_seconds": idleSeconds}
	s.T.Cleanup(func() {
		// The workload may be at zero: removing the activator wakes it.
		terraform.Apply(s.T, Options(s.Env))
		ctx, cancel := context.WithTimeout(context.Background(), budget.Answer)
		defer cancel()
		if err := s.AskIngress(ctx); err != nil {
			s.T.Errorf("after the activator: %v", err)
		}
	})
	terraform.Apply(s.T, with)
}
