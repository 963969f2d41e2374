// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const (
	customPath   = "/apis/custom.metrics.k8s.io/v1beta1"
	externalPath = "/apis/external.metrics.k8s.io/v1beta1"
)

// newAPI returns the URL of an API server that answers requests by path and query with JSON, and other requests as a real one answers
// for an unknown path. An answer that begins with a number is an error with that code.
func newAPI(t *testing.T, answers map[string]string) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		key := r.URL.Path
		if r.URL.RawQuery != "" {
			key += "?" + r.URL.RawQuery
		}
		answer, ok := answers[key]
		if !ok {
			answer = "404 NotFound the server could not find the requested resource"
		}
		var code int
		var reason string
		if n, _ := fmt.Sscanf(answer, "%d %s", &code, &reason); n == 2 {
			w.WriteHeader(code)
			answer = fmt.Sprintf(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d,"message":%q}`, reason, code, answer[len(fmt.Sprint(code))+len(reason)+2:])
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func metricConfig(url, arguments string) string {
	return providerBlock(url) + "data \"promadapter_metric\" \"m\" {\n" + arguments + "\n}\n"
}

func metricValues(check knownvalue.Check) []statecheck.StateCheck {
	return []statecheck.StateCheck{statecheck.ExpectKnownValue("data.promadapter_metric.m", tfjsonpath.New("values"), check)}
}

const podValues = `{"kind":"MetricValueList","apiVersion":"custom.metrics.k8s.io/v1beta1","metadata":{},"items":[
	{"describedObject":{"kind":"Pod","namespace":"app","name":"b","apiVersion":"/v1"},"metricName":"load","timestamp":"2026-01-02T03:04:05Z","value":"10","selector":null},
	{"describedObject":{"kind":"Pod","namespace":"app","name":"a","apiVersion":"/v1"},"metricName":"load","timestamp":"2026-01-02T03:04:05Z","window":30,"value":"9800m","selector":null}]}`

func TestMetricDataSource_custom(t *testing.T) {
	t.Parallel()
	url := newAPI(t, map[string]string{
		customPath + "/namespaces/app/pods/*/load":                                                             podValues,
		customPath + "/namespaces/app/pods/*/load?labelSelector=app%3Dx&metricLabelSelector=code+in+%28500%29": `{"items":[]}`,
		customPath + "/namespaces/app/deployments.apps/web/load":                                               podValues,
		customPath + "/nodes/*/load":                                                                           podValues,
		customPath + "/namespaces/app/metrics/load":                                                            podValues,
	})
	value := func(name, quantity string, number float64, window knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"object": knownvalue.ObjectExact(map[string]knownvalue.Check{
				"api_version": knownvalue.StringExact("v1"), "kind": knownvalue.StringExact("Pod"),
				"name": knownvalue.StringExact(name), "namespace": knownvalue.StringExact("app"),
			}),
			"labels": knownvalue.MapSizeExact(0), "value": knownvalue.Float64Exact(number), "quantity": knownvalue.StringExact(quantity),
			"timestamp": knownvalue.StringExact("2026-01-02T03:04:05Z"), "window_seconds": window,
		})
	}
	both := knownvalue.ListExact([]knownvalue.Check{
		value("a", "9800m", 9.8, knownvalue.Int64Exact(30)), value("b", "10", 10, knownvalue.Null()),
	})
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: metricConfig(url, `metric = "load"`+"\n"+`namespace = "app"`), ConfigStateChecks: metricValues(both)},
		{
			Config:            metricConfig(url, `metric = "load"`+"\n"+`namespace = "app"`+"\n"+`selector = "app=x"`+"\n"+`metric_selector = "code in (500)"`),
			ConfigStateChecks: metricValues(knownvalue.ListSizeExact(0)),
		},
		{Config: metricConfig(url, `metric = "load"`+"\n"+`namespace = "app"`+"\n"+`resource = "deployments.apps"`+"\n"+`name = "web"`), ConfigStateChecks: metricValues(both)},
		{Config: metricConfig(url, `metric = "load"`+"\n"+`resource = "nodes"`), ConfigStateChecks: metricValues(both)},
		{Config: metricConfig(url, `metric = "load"`+"\n"+`resource = "namespaces"`+"\n"+`name = "app"`), ConfigStateChecks: metricValues(both)},
	}})
}

func TestMetricDataSource_external(t *testing.T) {
	t.Parallel()
	url := newAPI(t, map[string]string{
		externalPath + "/namespaces/app/queue?labelSelector=queue%3Dorders": `{"items":[{"metricName":"queue","metricLabels":{"queue":"orders"},"timestamp":"2026-01-02T03:04:05Z","value":"1500m"}]}`,
	})
	runSteps(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: metricConfig(url, `kind = "external"`+"\n"+`metric = "queue"`+"\n"+`namespace = "app"`+"\n"+`metric_selector = "queue=orders"`),
		ConfigStateChecks: metricValues(knownvalue.ListExact([]knownvalue.Check{knownvalue.ObjectPartial(map[string]knownvalue.Check{
			"object": knownvalue.Null(), "labels": knownvalue.MapExact(map[string]knownvalue.Check{"queue": knownvalue.StringExact("orders")}),
			"value": knownvalue.Float64Exact(1.5),
		})})),
	}}})
}

func TestMetricDataSource_refused(t *testing.T) {
	t.Parallel()
	listed := map[string]string{
		customPath: `{"resources":[{"name":"pods/http_requests_per_second"},{"name":"namespaces/http_requests_per_second"},{"name":"services/latency"}]}`,
		customPath + "/namespaces/app/pods/*/secret": `403 Forbidden pods.custom.metrics.k8s.io "*" is forbidden: User "me" cannot get resource "pods/secret"`,
		customPath + "/namespaces/app/pods/*/broken": `500 InternalError Internal error occurred: unable to fetch metrics`,
		externalPath + "/namespaces/app/secret":      `403 Forbidden secret.external.metrics.k8s.io is forbidden: User "me" cannot list resource "secret"`,
	}
	empty := newAPI(t, nil)
	url := newAPI(t, listed)
	tests := map[string]struct{ url, arguments, want string }{ // without a URL, the error comes before any request
		"similar name":           {url, `metric = "http_requests_per_secnd"` + "\n" + `namespace = "app"`, `did you mean "http_requests_per_second"`},
		"another resource":       {url, `metric = "latency"` + "\n" + `namespace = "app"`, `not listed for pods, but for "services"`},
		"nothing similar":        {url, `metric = "abc"` + "\n" + `namespace = "app"`, `nor one of a similar name (it lists 2)`},
		"one object":             {url, `metric = "http_requests_per_second"` + "\n" + `namespace = "app"` + "\n" + `name = "x"`, `there is no value for "x" in namespace "app"`},
		"no API":                 {empty, `metric = "abc"` + "\n" + `namespace = "app"`, `The API custom.metrics.k8s.io is not registered`},
		"no permission":          {url, `metric = "secret"` + "\n" + `namespace = "app"`, `grant the verb "get" on the resource "pods/secret" in the API group "custom.metrics.k8s.io" in namespace "app"`},
		"no permission external": {url, `kind = "external"` + "\n" + `metric = "secret"` + "\n" + `namespace = "app"`, `grant the verb "list" on the resource "secret" in the API group "external.metrics.k8s.io"`},
		"adapter fails":          {url, `metric = "broken"` + "\n" + `namespace = "app"`, `its log says why`},
		"no server":              {nowhere, `metric = "abc"` + "\n" + `namespace = "app"`, `connection refused`},
		"slash":                  {url, `metric = "a/b"` + "\n" + `namespace = "app"`, `metric = "a/b" cannot be a part of a URL`},
		"bad selector":           {"", `metric = "a"` + "\n" + `selector = "a in b"`, `selector = "a in b" is not a label selector`},
		"external selector":      {"", `kind = "external"` + "\n" + `metric = "a"` + "\n" + `namespace = "app"` + "\n" + `selector = "a=b"`, `use metric_selector`},
		"external namespace":     {"", `kind = "external"` + "\n" + `metric = "a"`, `set namespace, for example`},
		"name and selector":      {"", `metric = "a"` + "\n" + `name = "x"` + "\n" + `selector = "a=b"`, `Both name and selector`},
		"namespace of namespace": {"", `metric = "a"` + "\n" + `resource = "namespaces"` + "\n" + `name = "x"` + "\n" + `namespace = "x"`, `set name to it and leave namespace out`},
	}
	validated, read := map[string]string{}, map[string]string{}
	for name, tt := range tests {
		if tt.url == "" {
			validated[name] = metricConfig(nowhere, tt.arguments)
		} else {
			read[name] = metricConfig(tt.url, tt.arguments)
		}
	}
	found := runEach(t, (*terraformRun).plan, read)
	maps.Copy(found, runEach(t, (*terraformRun).validate, validated))
	for name, tt := range tests {
		expectError(t, name, found[name], tt.want)
	}
}

// expectError wants one error that contains a part.
func expectError(t *testing.T, name string, found []diagnostic, part string) {
	t.Helper()
	if len(found) != 1 || found[0].Severity != "error" || !strings.Contains(oneLine(found[0].Summary+": "+found[0].Detail), part) {
		t.Errorf("%s: got %+v, want an error with %q", name, found, part)
	}
}

// wrapped lets a pattern match text whose lines Terraform has wrapped and framed.
func wrapped(pattern string) string {
	return regexp.MustCompile(` +`).ReplaceAllString(pattern, `[\s│]+`)
}
