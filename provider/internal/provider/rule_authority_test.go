// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"regexp/syntax"
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/prometheus/common/model"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	externalmetrics "k8s.io/metrics/pkg/client/external_metrics"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// What the table calls an error is what the adapter does not load, what Prometheus does not accept, or what never gives a value
// for any object; what it calls a warning or nothing works. The authorities are the adapter's loader and naming package and
// Prometheus's engine, with series made for each rule.
func TestRule_tableAgreesWithAuthorities(t *testing.T) {
	t.Parallel()
	judged := 0
	for _, r := range append(readTable(t, "bad_rules"), readTable(t, "good_rules")...) {
		if r.cluster || r.judged == "type error" || r.judged == "argument error" {
			continue
		}
		judged++
		t.Run(r.name, func(t *testing.T) {
			kind, found := r.decode(t)
			err := authorities(t, kind, found)
			if refused := r.judged == "error"; refused != (err != nil) {
				t.Errorf("judged as %s, but the authorities say: %v", r.judged, err)
			}
			if got := rule.HasErrors(rule.Validate(kind, found)); got != (err != nil) {
				t.Errorf("Validate has errors: %v, but the authorities say: %v", got, err)
			}
		})
	}
	if judged < 60 {
		t.Errorf("%d rules were judged, want at least 60", judged)
	}
}

// decode reads the rule from the resource block as Terraform does.
func (r tableRule) decode(t *testing.T) (rule.Kind, rule.Rule) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(r.text), r.document, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	values := map[string]json.RawMessage{}
	for name, attribute := range file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes {
		value, diags := attribute.Expr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		text, err := ctyjson.Marshal(value, value.Type())
		if err != nil {
			t.Fatal(err)
		}
		values[name] = text
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Kind          rule.Kind `json:"kind"`
		SeriesQuery   string    `json:"series_query"`
		SeriesFilters []struct {
			Is    string `json:"is"`
			IsNot string `json:"is_not"`
		} `json:"series_filters"`
		Resources    rule.Resources `json:"resources"`
		MetricName   rule.Name      `json:"metric_name"`
		MetricsQuery string         `json:"metrics_query"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatal(err)
	}
	out := rule.Rule{SeriesQuery: in.SeriesQuery, Resources: in.Resources, Name: in.MetricName, MetricsQuery: in.MetricsQuery}
	for _, f := range in.SeriesFilters {
		out.SeriesFilters = append(out.SeriesFilters, rule.Filter{Is: f.Is, IsNot: f.IsNot})
	}
	if in.Kind == "" {
		in.Kind = rule.KindCustom
	}
	return in.Kind, out
}

// authorities returns why a rule cannot be loaded or never gives a value, or nil.
func authorities(t *testing.T, kind rule.Kind, r rule.Rule) error {
	t.Helper()
	text, err := rule.Marshal(r)
	if err != nil {
		return err
	}
	loaded, err := config.FromYAML([]byte("rules:\n" + text))
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	namers, err := naming.NamersFromConfig(loaded.Rules, restMapper())
	if err != nil {
		return fmt.Errorf("naming: %w", err)
	}
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(r.SeriesQuery)
	if err != nil {
		return fmt.Errorf("series query: %w", err)
	}
	if !slices.ContainsFunc(matchers, func(m *promlabels.Matcher) bool { return !m.Matches("") }) {
		return errors.New("series query: no matcher that excludes the empty value")
	}
	w := newWorld(r, matchers, namers[0])
	var reasons []error
	answered := false
	for _, s := range w.discover(matchers, namers[0]) {
		name, err := namers[0].MetricNameForSeries(s)
		if err != nil || len(content.IsPathSegmentName(name)) > 0 || name == "" {
			reasons = append(reasons, fmt.Errorf("name %q: %w", name, err))
			continue
		}
		if asked := askedFor(t, kind, name); asked != name {
			reasons = append(reasons, fmt.Errorf("an autoscaler asks for %q, not %q", asked, name))
			continue
		}
		for _, ask := range w.requests(kind, s, namers[0], selectorFor(r, s)) {
			err := w.answer(t.Context(), ask)
			var syntax parser.ParseErrors
			if errors.As(err, &syntax) && !labelNames.MatchString(ask.label) {
				return err // the adapter writes names of labels without quotes
			}
			if err != nil && w.without(s.Name).answer(t.Context(), ask) == nil {
				err = nil
			}
			answered = answered || err == nil
			reasons = append(reasons, err)
		}
	}
	if answered {
		return nil
	}
	return fmt.Errorf("no value: %w", errors.Join(append(reasons, errors.New("nothing else to try"))...))
}

var labelNames = regexp.MustCompile(`^\w*$`)

// restMapper returns the resources of a cluster: those of Kubernetes and those of two add-ons.
func restMapper() meta.RESTMapper {
	addOns := meta.NewDefaultRESTMapper(nil)
	for _, res := range [][3]string{
		{"gateway.networking.k8s.io", "gateways", "gateway"},
		{"proxy.example.com", "proxies", "proxy"},
	} {
		gv := schema.GroupVersion{Group: res[0], Version: "v1"}
		addOns.AddSpecific(gv.WithKind(res[2]), gv.WithResource(res[1]), gv.WithResource(res[2]), meta.RESTScopeNamespace)
	}
	return meta.FirstHitRESTMapper{MultiRESTMapper: meta.MultiRESTMapper{testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme), addOns}}
}

// askedFor returns the name of a metric as the client of an autoscaler writes it into the URL. The client for custom metrics leaves it
// unchanged.
func askedFor(t *testing.T, kind rule.Kind, name string) string {
	t.Helper()
	if kind != rule.KindExternal {
		return name
	}
	var asked string
	client, err := externalmetrics.NewForConfig(&rest.Config{Host: nowhere, Transport: transport(func(req *http.Request) (*http.Response, error) {
		asked = path.Base(req.URL.Path)
		return nil, errors.New("not sent")
	})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.NamespacedMetrics("ns").List(name, labels.Everything()); err == nil || asked == "" {
		t.Fatalf("the client asked for nothing: %v", err)
	}
	return asked
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

var labelValue = regexp.MustCompile(`LabelValuesByName(?:\.| ")(\w+)`)

// selectorFor returns a selector of the labels whose values a template uses, as an autoscaler may have in metric.selector.
func selectorFor(r rule.Rule, s prom.Series) labels.Selector {
	set := labels.Set{}
	for _, m := range labelValue.FindAllStringSubmatch(r.MetricsQuery, -1) {
		if value := s.Labels[model.LabelName(m[1])]; value != "" {
			set[m[1]] = string(value)
		}
	}
	return labels.SelectorFromSet(set)
}

// namesByPattern makes up names that the patterns of a rule accept.
func namesByPattern(r rule.Rule, matchers []*promlabels.Matcher) map[string]bool {
	names, ends := map[string]bool{}, []string{""}
	for _, f := range r.SeriesFilters {
		ends = append(ends, textsFor(f.Is)...)
	}
	ends = append(ends, textsFor(r.Name.Matches)...)
	for _, m := range matchers {
		if m.Name != model.MetricNameLabel || m.Type != promlabels.MatchRegexp {
			continue
		}
		for _, begin := range textsFor(m.Value) {
			for _, end := range ends {
				if m.Matches(begin + end) {
					names[begin+end] = true
				}
			}
		}
	}
	return names
}

// textsFor returns texts that an expression matches, one for each alternative.
func textsFor(expression string) []string {
	re, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	var texts func(*syntax.Regexp) []string
	texts = func(re *syntax.Regexp) []string {
		switch re.Op {
		case syntax.OpLiteral:
			return []string{string(re.Rune)}
		case syntax.OpCharClass:
			return []string{string(re.Rune[0])}
		case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
			return []string{"x"}
		case syntax.OpCapture, syntax.OpPlus:
			return texts(re.Sub[0])
		case syntax.OpAlternate:
			var out []string
			for _, sub := range re.Sub {
				out = append(out, texts(sub)...)
			}
			return out
		case syntax.OpConcat:
			out := []string{""}
			for _, sub := range re.Sub {
				var longer []string
				for _, a := range out {
					for _, b := range texts(sub) {
						longer = append(longer, a+b)
					}
				}
				out = longer
			}
			return out
		}
		return []string{""}
	}
	return texts(re)
}
