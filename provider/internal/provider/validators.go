// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// ruleName accepts what can identify a rule.
type ruleName struct{}

func (ruleName) Description(context.Context) string {
	return "must be 1 to 63 letters, digits, dots, dashes and underscores"
}

func (v ruleName) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ruleName) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := rulefile.CheckName(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid rule name", sentence(err))
	}
}

// positiveDuration accepts Go durations above zero.
type positiveDuration struct{}

func (positiveDuration) Description(context.Context) string {
	return "must be a duration above zero such as 90s or 5m"
}

func (v positiveDuration) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (positiveDuration) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if d, err := time.ParseDuration(req.ConfigValue.ValueString()); err != nil || d <= 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration",
			fmt.Sprintf("%s = %q is not a duration above zero; write a number with a unit, for example 90s, 5m or 1h.", req.Path, req.ConfigValue.ValueString()))
	}
}
