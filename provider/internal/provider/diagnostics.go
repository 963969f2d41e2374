// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// problemDiagnostics attaches findings about a rule to the attributes they are about: to the outermost one, because Terraform
// finds no line for what lies deeper. The text of a problem names the whole path.
func problemDiagnostics(problems []rule.Problem) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, p := range problems {
		if at := path.Root(string(p.Field)); p.Warning {
			diags.AddAttributeWarning(at, p.Summary, p.Detail)
		} else {
			diags.AddAttributeError(at, p.Summary, p.Detail)
		}
	}
	return diags
}

// editDiagnostic explains why a config map could not be read or edited.
func editDiagnostic(m *RuleResourceModel, err error) diag.Diagnostic {
	where := m.target().String()
	switch {
	case errors.Is(err, rulefile.ErrExists):
		return diag.NewAttributeErrorDiagnostic(path.Root("name"), "Rule exists already",
			fmt.Sprintf("The rule %q is in %s already. To manage it with this resource, import it: terraform import promadapter_rule.<name> %s. "+
				"Or choose another name. (%v)", m.Name.ValueString(), where, formatID(m.target(), m.Name.ValueString()), err))
	case errors.Is(err, rulefile.ErrShape), errors.Is(err, rulefile.ErrMarkers), errors.Is(err, rulefile.ErrRefused):
		return diag.NewAttributeErrorDiagnostic(path.Root("config_map"), "Config map was left alone",
			fmt.Sprintf("The text in %s cannot be edited safely, so nothing was written. %s", where, sentence(err)))
	default:
		return diag.NewErrorDiagnostic("Config map not accessible", fmt.Sprintf("Rule %q, %s. %s", m.Name.ValueString(), where, sentence(err)))
	}
}

// goneDiagnostic says what was lost with the content of a config map.
func goneDiagnostic(m *RuleResourceModel, summary, what string) diag.Diagnostic {
	return diag.NewWarningDiagnostic(summary, fmt.Sprintf("The config map %s/%s %s: the rule %q is lost, and so is any rule in it that "+
		"Terraform does not manage. The rules that Terraform manages will be created anew; the others come back only from a backup.",
		m.Namespace.ValueString(), m.ConfigMap.ValueString(), what, m.Name.ValueString()))
}

// takeUpDiagnostic explains why a rule that stands in the config map did not take effect.
func takeUpDiagnostic(m *RuleResourceModel, err error) diag.Diagnostic {
	attribute, summary, detail := explainTakeUp(m, m.Name.ValueString(), err)
	if attribute == "" {
		return diag.NewErrorDiagnostic(summary, detail)
	}
	return diag.NewAttributeErrorDiagnostic(path.Root(attribute), summary, detail)
}

// othersDiagnostics explains why rules did not take effect whose own operations have returned already: see Client.TakeUp. They are
// errors, because an apply must not end well while a metric is missing, and Terraform lets nobody but the operation that stayed
// report them. If that was a creation, Terraform will create its rule once more, which it can be kept from.
func othersDiagnostics(m *RuleResourceModel, others []cluster.RuleError, created bool) diag.Diagnostics {
	var diags diag.Diagnostics
	for i, other := range others {
		_, summary, detail := explainTakeUp(m, other.Rule, other.Err)
		detail += fmt.Sprintf("\n\nThis is about the rule %q, which was applied together with %q; the next plan shows it as not ready.", other.Rule, m.Name.ValueString())
		if created && i == 0 {
			detail += fmt.Sprintf(" Nothing is amiss with the rule %q itself, but Terraform marks it as tainted, because its creation reports this, and would replace it; terraform untaint on its address keeps it.", m.Name.ValueString())
		}
		diags.AddError(fmt.Sprintf("%s (rule %q)", summary, other.Rule), detail)
	}
	return diags
}

func explainTakeUp(m *RuleResourceModel, name string, err error) (attribute, summary, detail string) {
	intro := fmt.Sprintf("The rule %q is in %s, but", name, m.target())
	if errors.Is(err, cluster.ErrDeploymentNotFound) {
		return "deployment", "Adapter not found",
			fmt.Sprintf("%s there is no deployment %s/%s to roll. Set deployment to the name of prometheus-adapter's, or to an empty string if something else makes the adapter load its rules.",
				intro, m.Namespace.ValueString(), m.Deployment.ValueString())
	}
	var missing *cluster.NotServedError
	if !errors.As(err, &missing) {
		return "", "Adapter not rolled", fmt.Sprintf("%s the adapter was not made to load it. %s", intro, sentence(err))
	}
	reason := map[cluster.Reason]struct{ attribute, text string }{
		cluster.ReasonAdapter: {"deployment", "Adapter not available"},
		cluster.ReasonAPI:     {"kind", "Metrics API not available"},
		cluster.ReasonName:    {"metric_name", "Metric not served under this name"},
		cluster.ReasonSeries:  {"series_query", "Metric not served: no series"},
		cluster.ReasonValues:  {"metrics_query", "Metric has no values"},
		cluster.ReasonSlow:    {"wait_timeout", "Metric was late"},
	}[missing.Reason]
	return reason.attribute, reason.text, fmt.Sprintf("%s the metric was not served in time. %s", intro, missing.Detail)
}

// sentence makes one of an error, which begins in lower case and has no full stop.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
