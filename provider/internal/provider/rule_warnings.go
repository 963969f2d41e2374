// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// planWarnings returns warnings that depend on more than the rule: on how often Prometheus scrapes, and on other rules. Where that is
// unknown or cannot be read, it does not warn.
func (r *RuleResource) planWarnings(ctx context.Context, plan, state *RuleResourceModel, adopted *adoption, found rule.Rule, unknown []rule.Field) diag.Diagnostics {
	if plan.Kind.IsUnknown() {
		return nil
	}
	diags := r.windowWarnings(plan, found, unknown)
	diags.Append(r.textWarnings(ctx, plan)...)
	diags.Append(r.clashWarnings(ctx, plan, state, adopted, found)...)
	return diags
}

func (r *RuleResource) clashWarnings(ctx context.Context, plan, state *RuleResourceModel, adopted *adoption, found rule.Rule) diag.Diagnostics {
	if plan.Metric.IsUnknown() || plan.ID.IsUnknown() {
		return nil
	}
	planned := plannedRule{name: plan.Name.ValueString(), naming: rule.NamingOf(plan.kind(), found), adopted: adopted}
	if state != nil {
		planned.before = state.Name.ValueString() // it makes way for this one
		planned.was, _, _ = state.rule(ctx)
	}
	other := r.data.metrics.plan(ctx, plan.target(), planned, r.reader(plan.target()))
	if other == nil {
		return nil
	}
	const end = "The adapter serves only one of them under that name, the one that comes last in the config map; "
	detail := fmt.Sprintf("This rule makes the metric %q for the same objects as %s does. ", planned.naming.Metric, other.rule) + end +
		"give this one another name with metric_name.as, or remove the other."
	switch {
	case planned.naming.Series != "" && other.naming.Series == "":
		detail = fmt.Sprintf("This rule makes the metric %q of the series %s, and so does %s: its pattern maps the same series to the same name. ",
			planned.naming.Metric, planned.naming.Series, other.rule) + end + "give this one another name with metric_name.as, or take the series out of the other with seriesFilters."
	case planned.naming.Series == "" && other.naming.Series != "":
		detail = fmt.Sprintf("The pattern of this rule maps the series %s to the metric %q, as does %s. ",
			other.naming.Series, other.naming.Metric, other.rule) + end + "take the series out of this one with series_filters, or remove the other."
	case planned.naming.Series == "":
		detail = fmt.Sprintf("This rule selects the same series as %s, and gives their metrics the same names. ", other.rule) + end +
			"give these other names with metric_name.as, or remove the other."
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("metric_name"), "Metric of another rule", detail)}
}

// textWarnings warns during the plan that the apply will fail, because the text in the config map cannot be edited. It is not an error
// yet: an earlier step of the apply may correct the text.
func (r *RuleResource) textWarnings(ctx context.Context, m *RuleResourceModel) diag.Diagnostics {
	if m.identity().IsUnknown() {
		return nil
	}
	reason := r.data.metrics.refusal(ctx, m.target(), r.reader(m.target()))
	if reason == nil {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeWarningDiagnostic(path.Root("config_map"), "Config map cannot be edited",
		fmt.Sprintf("An apply that changes rules in %s will fail, and leave the text there alone. %s", m.target(), sentence(reason)))}
}

// reader returns a function that reads the text of a target.
func (r *RuleResource) reader(target configmap.Target) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		client, err := r.data.connect()
		if err != nil {
			return "", err
		}
		snapshot, err := client.ConfigMaps.Read(ctx, target)
		return snapshot.Text, err
	}
}
