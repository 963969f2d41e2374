// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	provider "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	resource "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/prometheus/common/model"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// scrapeModel is how often Prometheus scrapes. A rule sets it itself or leaves it to the provider block.
type scrapeModel struct {
	ScrapeInterval types.String `tfsdk:"scrape_interval"` // see parseInterval
}

func providerScrapeInterval() map[string]provider.Attribute {
	return map[string]provider.Attribute{"scrape_interval": provider.StringAttribute{
		Optional: true, Validators: isInterval(),
		MarkdownDescription: "How often Prometheus scrapes, as a duration such as `15s` or `1m`. The plan warns about rate windows that are too short for it. If it is not set, the plan warns only about windows under 10 seconds, because Prometheus rarely scrapes more often than every 5 seconds.",
	}}
}

func ruleScrapeInterval() map[string]resource.Attribute {
	return map[string]resource.Attribute{"scrape_interval": resource.StringAttribute{
		Optional: true, Validators: isInterval(),
		MarkdownDescription: "How often Prometheus scrapes the series, as a duration such as `15s` or `1m`. The plan warns about rate windows that are too short for it. " +
			"Defaults to the provider's `scrape_interval`; if neither is set, the plan warns only about windows under 10 seconds.",
	}}
}

// windowWarnings warns about rate windows that are too short for the scrape interval, if that is known.
func (r *RuleResource) windowWarnings(plan *RuleResourceModel, found rule.Rule, unknown []rule.Field) diag.Diagnostics {
	text := plan.ScrapeInterval
	if text.IsNull() {
		text = r.data.ScrapeInterval
	}
	if text.IsUnknown() {
		return nil
	}
	var interval time.Duration
	if !text.IsNull() {
		var err error
		if interval, err = parseInterval(text.ValueString()); err != nil {
			return nil // its validator reports it
		}
	}
	return problemDiagnostics(rule.Windows(plan.kind(), found, interval, unknown...))
}

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
