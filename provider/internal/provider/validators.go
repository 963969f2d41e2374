// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// textValidator accepts texts for which find returns nothing; otherwise it reports what find returns, under the summary.
type textValidator struct {
	description, summary string
	find                 func(at path.Path, text string) (detail string)
}

func newTextValidator(description, summary string, find func(path.Path, string) string) []validator.String {
	return []validator.String{textValidator{description, summary, find}}
}

func (v textValidator) Description(context.Context) string         { return v.description }
func (v textValidator) MarkdownDescription(context.Context) string { return v.description }

func (v textValidator) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if detail := v.find(req.Path, req.ConfigValue.ValueString()); detail != "" {
		resp.Diagnostics.AddAttributeError(req.Path, v.summary, detail)
	}
}

// isRuleName accepts what can identify a rule.
func isRuleName() []validator.String {
	return newTextValidator("must be 1 to 63 letters, digits, dots, dashes and underscores", "Invalid rule name", func(_ path.Path, text string) string {
		if err := rulefile.CheckName(text); err != nil {
			return sentence(err)
		}
		return ""
	})
}

// isDuration accepts Go durations above zero.
func isDuration() []validator.String {
	return newTextValidator("must be a duration above zero such as 90s or 5m", "Invalid duration", func(at path.Path, text string) string {
		if d, err := time.ParseDuration(text); err == nil && d > 0 {
			return ""
		}
		return fmt.Sprintf("%s = %q is not a duration above zero; write a number with a unit, for example 90s, 5m or 1h.", at, text)
	})
}

// isInterval accepts durations of Prometheus and of Go above zero.
func isInterval() []validator.String {
	return newTextValidator("must be a duration above zero such as 15s or 1m", "Invalid duration", func(at path.Path, text string) string {
		if _, err := parseInterval(text); err != nil {
			return fmt.Sprintf("%s: %v.", at, err)
		}
		return ""
	})
}

// isLabelSelector accepts Kubernetes label selectors.
func isLabelSelector() []validator.String {
	return newTextValidator("must be a label selector such as app=heavywork,tier!=test", "Invalid label selector", func(at path.Path, text string) string {
		if _, err := labels.Parse(text); err != nil {
			return fmt.Sprintf("%s = %q is not a label selector: %v. Write conditions as kubectl takes them, without quotes and separated by commas, for example app=heavywork,code in (500,503).", at, text, err)
		}
		return ""
	})
}
