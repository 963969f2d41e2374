// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

const defaultWaitTimeout = "2m"

// waitModel is how to wait for a rule's metric.
type waitModel struct {
	Wait          types.Bool   `tfsdk:"wait"`
	WaitTimeout   types.String `tfsdk:"wait_timeout"`
	AwaitSeriesIn types.String `tfsdk:"await_series_in"`
}

func waitAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"wait": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Wait until the adapter has loaded the rule and lists the metric. The adapter lists a metric only while Prometheus has a series for it. Defaults to `true`.",
		},
		"wait_timeout": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(defaultWaitTimeout), Validators: isDuration(),
			MarkdownDescription: "How long to wait, as a duration such as `90s` or `5m`. Defaults to `" + defaultWaitTimeout + "`.",
		},
		"await_series_in": schema.StringAttribute{
			Optional: true, Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			MarkdownDescription: "Namespace in which the metric must have at least one value (for custom metrics, of a pod) before the wait ends. By default it is enough that the metric is listed.",
		},
	}
}

// waitDefaults are the schema's defaults, for an import.
func waitDefaults() map[string]any {
	return map[string]any{"wait": true, "wait_timeout": defaultWaitTimeout}
}

// validate checks that the name of the metric to wait for is known.
func (m *waitModel) validate(found rule.Rule, unknown []rule.Field) diag.Diagnostics {
	if m.AwaitSeriesIn.IsNull() || !plannedMetric(found, unknown).IsNull() {
		return nil
	}
	return diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("await_series_in"), "Metric without a fixed name",
		fmt.Sprintf("await_series_in needs to know the metric whose values to wait for, but series_query %q does not name a series; "+
			"name one, as in heavywork_requests_total{...}, or leave await_series_in out.", found.SeriesQuery))}
}

// need returns what to wait for.
func (m *RuleResourceModel) need() (cluster.Need, diag.Diagnostics) {
	need := cluster.Need{Rule: m.Name.ValueString()}
	if !m.Wait.ValueBool() {
		return need, nil
	}
	timeout, err := time.ParseDuration(m.WaitTimeout.ValueString())
	if err != nil {
		return need, diag.Diagnostics{diag.NewAttributeErrorDiagnostic(path.Root("wait_timeout"), "Invalid duration", sentence(err))}
	}
	need.Timeout = timeout
	need.Metric = &metricsapi.Metric{
		API: metricsapi.CustomMetrics, Name: m.Metric.ValueString(), SeriesQuery: m.SeriesQuery.ValueString(), ValuesIn: m.AwaitSeriesIn.ValueString(),
	}
	if m.kind() == rule.KindExternal {
		need.Metric.API = metricsapi.ExternalMetrics
	}
	return need, nil
}

// takeUpDiagnostic explains why a rule in the config map did not take effect.
func takeUpDiagnostic(m *RuleResourceModel, err error) diag.Diagnostic {
	attribute, summary, detail := explainTakeUp(m, m.Name.ValueString(), err)
	if attribute == "" {
		return diag.NewErrorDiagnostic(summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), summary, detail)
}

// othersDiagnostics explains why rules whose own operations have already returned did not take effect: see Client.TakeUp. They are
// errors, because an apply must not succeed while a metric is missing, and only the remaining operation can report them. If that is
// a creation, Terraform marks its rule as tainted; the text says how to avoid the replacement.
func othersDiagnostics(m *RuleResourceModel, others []cluster.RuleError, created bool) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, other := range others {
		_, summary, detail := explainTakeUp(m, other.Rule, other.Err)
		detail += fmt.Sprintf("\n\nThis is about the rule %q, which was applied together with %q; the next plan shows it as not ready.", other.Rule, m.Name.ValueString())
		if created && i == 0 {
			detail += fmt.Sprintf(" The rule %q itself is fine, but Terraform marks it as tainted, because its creation reports this error, and would replace it; run terraform untaint on its address to keep it.", m.Name.ValueString())
		}
		diags.AddError(fmt.Sprintf("%s (rule %q)", summary, other.Rule), detail)
	}
	return diags
}

func explainTakeUp(m *RuleResourceModel, name string, err error) (attribute, summary, detail string) {
	intro := fmt.Sprintf("The rule %q is in %s, but", name, m.target())
	if errors.Is(err, rollout.ErrNotFound) {
		return "deployment", "Adapter not found",
			fmt.Sprintf("%s there is no deployment %s/%s. Set deployment to the name of the adapter's Deployment, or to an empty string if something else makes the adapter load its rules.",
				intro, m.Namespace.ValueString(), m.Deployment.ValueString())
	}
	var refused *reload.RefusedError
	if errors.As(err, &refused) {
		return "config_map", "Adapter refuses the rules",
			fmt.Sprintf("%s the pod %s of the adapter refuses the text: %s\nIt goes on serving the previous rules. Correct the text where the reason points to, or the rule, and apply again.",
				intro, refused.Pod, refused.Because)
	}
	var missing *metricsapi.NotServedError
	if !errors.As(err, &missing) {
		return "", "Adapter not rolled", fmt.Sprintf("%s the adapter was not made to load it, or it is not known whether it did. %s", intro, sentence(err))
	}
	reason := map[metricsapi.Reason]struct{ attribute, text string }{
		metricsapi.ReasonAdapter: {"deployment", "Adapter not available"},
		metricsapi.ReasonRules:   {"deployment", "Rules not loaded"},
		metricsapi.ReasonAPI:     {"kind", "Metrics API not available"},
		metricsapi.ReasonName:    {"metric_name", "Metric not served under this name"},
		metricsapi.ReasonSeries:  {"series_query", "Metric not served: no series"},
		metricsapi.ReasonValues:  {"metrics_query", "Metric has no values"},
		metricsapi.ReasonSlow:    {"wait_timeout", "Metric was late"},
	}[missing.Reason]
	return reason.attribute, reason.text, fmt.Sprintf("%s the metric was not served in time. %s", intro, missing.Detail)
}
