// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/prometheus/common/model"
)

// parseInterval reads a duration as Prometheus writes it (15s, 1m, 1d) or as Go does (1.5s).
func parseInterval(text string) (time.Duration, error) {
	d, err := model.ParseDuration(text)
	out := time.Duration(d)
	if err != nil {
		out, err = time.ParseDuration(text)
	}
	if err != nil || out <= 0 {
		return 0, fmt.Errorf("%q is not a duration above zero; write a number with a unit, for example 15s or 1m", text)
	}
	return out, nil
}

// interval accepts durations of Prometheus and of Go above zero.
type interval struct{}

func (interval) Description(context.Context) string {
	return "must be a duration above zero such as 15s or 1m"
}

func (v interval) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (interval) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := parseInterval(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid duration", fmt.Sprintf("%s: %v.", req.Path, err))
	}
}
