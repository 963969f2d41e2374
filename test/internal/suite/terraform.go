// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
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
