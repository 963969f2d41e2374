// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// planWarnings returns warnings that need to know more than the rule: how often Prometheus scrapes, and which other rules there
// are. Whatever of it is unknown or out of reach is passed over.
func (r *RuleResource) planWarnings(ctx context.Context, plan, state *RuleResourceModel, adopted *adoption, found rule.Rule, unknown []rule.Field) diag.Diagnostics {
	if plan.Kind.IsUnknown() {
		return nil
	}
	diags := r.windowWarnings(plan, found, unknown)
	diags.Append(r.clashWarnings(ctx, plan, state, adopted, found)...)
	return diags
}

func (r *RuleResource) windowWarnings(plan *RuleResourceModel, found rule.Rule, unknown []rule.Field) diag.Diagnostics {
	text := plan.ScrapeInterval
	if text.IsNull() {
		text = r.data.scrapeInterval
	}
	if text.IsUnknown() {
		return nil
	}
	var interval time.Duration
	if !text.IsNull() {
		var err error
		if interval, err = parseInterval(text.ValueString()); err != nil {
			return nil // an error of its own, where it was written
		}
	}
	return problemDiagnostics(rule.Windows(plan.kind(), found, interval, unknown...))
}

func (r *RuleResource) clashWarnings(ctx context.Context, plan, state *RuleResourceModel, adopted *adoption, found rule.Rule) diag.Diagnostics {
	if plan.Metric.IsNull() || plan.Metric.IsUnknown() || plan.ID.IsUnknown() {
		return nil
	}
	planned := plannedRule{name: plan.Name.ValueString(), rule: found, adopted: adopted}
	if state != nil {
		planned.before = state.Name.ValueString() // it makes way for this one
		planned.was, _, _ = state.rule(ctx)
	}
	target := plan.target()
	read := func(ctx context.Context) (string, error) {
		client, err := r.data.connect()
		if err != nil {
			return "", err
		}
		return client.ReadText(ctx, target)
	}
	key := metricKey{target: target, kind: plan.kind(), metric: plan.Metric.ValueString()}
	other := r.data.metrics.plan(ctx, key, planned, read)
	if other == "" {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("metric_name"), "Metric of another rule",
		fmt.Sprintf("This rule makes the metric %q for the same objects as %s does. The adapter serves only one of them under that name, the one that comes last in the config map; "+
			"give this one another name with metric_name.as, or remove the other.", key.metric, other))}
}
