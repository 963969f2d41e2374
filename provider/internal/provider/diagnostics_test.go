// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
)

// A creation that reports what is wrong with other rules is an error, so that the apply fails, and says how to keep its own rule.
func TestOthersDiagnostics(t *testing.T) {
	t.Parallel()
	m := &RuleResourceModel{Name: types.StringValue("sound")}
	others := []cluster.RuleError{{Rule: "first", Err: errors.New("no series")}, {Rule: "second", Err: errors.New("no series")}}
	for _, created := range []bool{true, false} {
		diags := othersDiagnostics(m, others, created)
		if diags.ErrorsCount() != len(others) {
			t.Fatalf("got %d errors for %d rules: %v", diags.ErrorsCount(), len(others), diags)
		}
		remedies := 0
		for i, d := range diags {
			if !strings.Contains(d.Summary(), others[i].Rule) || !strings.Contains(d.Detail(), others[i].Rule) {
				t.Errorf("the rule %q is not named: %s: %s", others[i].Rule, d.Summary(), d.Detail())
			}
			if strings.Contains(d.Detail(), "untaint") && strings.Contains(d.Detail(), `"sound"`) {
				remedies++
			}
		}
		if want := map[bool]int{true: 1, false: 0}[created]; remedies != want {
			t.Errorf("created %v: the remedy is there %d times, want %d", created, remedies, want)
		}
	}
}
