// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// problemDiagnostics attaches findings about a rule to their attributes: to the outermost one, because Terraform finds no line for
// a nested one. The text of a problem names the full path.
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
		"Terraform does not manage. The rules that Terraform manages will be created again; the others come back only from a backup.",
		m.Namespace.ValueString(), m.ConfigMap.ValueString(), what, m.Name.ValueString()))
}

// sentence turns an error, which begins in lower case and has no full stop, into a sentence.
func sentence(err error) string {
	text := err.Error()
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}
