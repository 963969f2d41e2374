// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"k8s.io/apimachinery/pkg/labels"

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

// labelSelector accepts Kubernetes label selectors.
type labelSelector struct{}

func (labelSelector) Description(context.Context) string {
	return "must be a label selector such as app=heavywork,tier!=test"
}

func (v labelSelector) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (labelSelector) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := labels.Parse(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid label selector",
			fmt.Sprintf("%s = %q is not a label selector: %v. Write conditions as kubectl takes them, without quotes and separated by commas, for example app=heavywork,code in (500,503).",
				req.Path, req.ConfigValue.ValueString(), err))
	}
}
