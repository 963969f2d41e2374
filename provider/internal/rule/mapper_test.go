// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"testing"
)

func TestMapperOfAddOns(t *testing.T) {
	tests := map[string]struct {
		overrides map[string]GroupResource
		template  string
		ask       GroupResource
		want      string // label in the query, or nothing if there is none for the resource
	}{
		"plural of a singular":    {map[string]GroupResource{"gw": {"gateway.networking.k8s.io", "gateway"}}, "", GroupResource{"gateway.networking.k8s.io", "gateways"}, "gw"},
		"singular of a plural":    {map[string]GroupResource{"px": {"example.com", "proxies"}}, "", GroupResource{"example.com", "proxy"}, "px"},
		"capitals":                {map[string]GroupResource{"px": {"example.com", "Proxy"}}, "", GroupResource{"example.com", "proxies"}, "px"},
		"rule without the group":  {map[string]GroupResource{"gw": {"", "gateway"}}, "", GroupResource{"gateway.networking.k8s.io", "gateways"}, "gw"},
		"request without a group": {map[string]GroupResource{"gw": {"gateway.networking.k8s.io", "gateway"}}, "", GroupResource{"", "gateways"}, "gw"},
		"another group":           {map[string]GroupResource{"gw": {"gateway.networking.k8s.io", "gateway"}}, "", GroupResource{"networking.istio.io", "gateways"}, ""},
		"name of a built-in one":  {map[string]GroupResource{"svc": {"serving.knative.dev", "service"}}, "", GroupResource{"serving.knative.dev", "services"}, "svc"},
		"the built-in one":        {map[string]GroupResource{"svc": {"serving.knative.dev", "service"}}, "", GroupResource{"", "services"}, ""},
		"template":                {nil, "<<.Resource>>", GroupResource{"example.com", "proxies"}, "proxy"},
		"template, mesh":          {nil, "<<.Resource>>", GroupResource{"example.com", "meshes"}, "mesh"},
		"template, cache":         {nil, "<<.Resource>>", GroupResource{"example.com", "caches"}, "cache"},
		"template, prometheus":    {nil, "kube_<<.Resource>>", GroupResource{"monitoring.coreos.com", "prometheuses"}, "kube_prometheus"},
		"template with the group": {nil, "<<.Group>>_<<.Resource>>", GroupResource{"serving.knative.dev", "services"}, "serving_knative_dev_service"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			r.Resources = Resources{Template: tt.template, Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}}}
			for label, res := range tt.overrides {
				r.Resources.Overrides[label] = res
			}
			text, err := Render(KindCustom, r, Request{Series: "x", Resource: tt.ask, Namespace: "app", Names: []string{"a"}})
			if tt.want == "" {
				if err == nil {
					t.Errorf("got %q, want an error", text)
				}
				return
			}
			if err != nil || !strings.Contains(text, `,`+tt.want+`="a"`) {
				t.Errorf("got %q, %v, want the label %q", text, err, tt.want)
			}
		})
	}
}

func TestTwoLabelsForAnAddOn(t *testing.T) {
	r := heavywork()
	r.Resources.Overrides["gateway"] = GroupResource{"gateway.networking.k8s.io", "gateway"}
	r.Resources.Overrides["gw"] = GroupResource{"gateway.networking.k8s.io", "gateways"}
	expectProblem(t, Validate(KindCustom, r), true, `resources.overrides["gw"]`, []string{`"gateway"`, "gateways.gateway.networking.k8s.io"})
	r.Resources.Overrides["gw"] = GroupResource{"networking.istio.io", "gateway"}
	if found := Validate(KindCustom, r); len(found) > 0 {
		t.Errorf("two resources of one name are no problem: %v", found)
	}
}

// A label is in the singular, even if it looks like a plural.
func TestTemplateWithNamesThatLookPlural(t *testing.T) {
	for _, name := range []string{"redis", "data", "nats", "podchaos", "thanos", "status"} {
		r := heavywork()
		r.Resources = Resources{Template: "kube_<<.Resource>>"}
		r.SeriesQuery = `heavywork_requests_total{kube_namespace!="",kube_` + name + `!=""}`
		r.MetricsQuery = `sum by (kube_` + name + `) (rate(<<.Series>>{<<.LabelMatchers>>}[1m]))`
		if found := Validate(KindCustom, r); HasErrors(found) {
			t.Errorf("%s: only the cluster knows its resources, yet got %v", name, found)
		}
		text, err := Render(KindCustom, r, Request{Series: "x", Resource: GroupResource{"example.com", name}, Namespace: "app", Names: []string{"a"}})
		if err != nil || !strings.Contains(text, `,kube_`+name+`="a"`) {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
		r.SeriesQuery = `heavywork_requests_total{kube_namespace!=""}`
		if found := Validate(KindCustom, r); HasErrors(found) {
			t.Errorf("%s: named in the query alone, yet got %v", name, found)
		}
	}
}
