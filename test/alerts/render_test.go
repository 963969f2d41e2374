// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

const module = "../../terraform/modules/alerts"

// values are the chart values that the environment sets.
const values = `
ingress:
  namespace: ingress
  labels: {app.kubernetes.io/name: nginx-gateway-fabric}
  metrics_port: metrics
autoscalers:
  - {namespace: app, deployment: heavywork, counter: heavywork_requests_total, target_average_value: 10, max_replicas: 5}
`

// With an activator, which scales one application to zero, or two.
const (
	withActivator      = values + "activator: true\n"
	withActivatorOfTwo = values + `  - {namespace: shop, deployment: checkout, counter: orders_total, target_average_value: 2.5, max_replicas: 20}
activator: true
`
)

// alert is a rule of a rules file.
type alert struct {
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string
}

// file is a rules file of Prometheus.
type file struct {
	Groups []struct {
		Name     string
		Interval string
		Rules    []alert
	}
}

func (f file) alerts() []alert {
	var all []alert
	for _, group := range f.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// render returns the rules as a rules file of Prometheus, as text and parsed.
func render(t *testing.T, text string) ([]byte, file) {
	t.Helper()
	c, err := loader.Load(filepath.Join(module, "chart"))
	if err != nil {
		t.Fatal(err)
	}
	given, err := chartutil.ReadValues([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	options := chartutil.ReleaseOptions{Name: "alerts", Namespace: "monitoring", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, given, options, chartutil.DefaultCapabilities)
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := engine.Engine{}.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range rendered {
		if !strings.HasSuffix(name, "templates/rules.yaml") {
			continue
		}
		var object struct{ Spec any }
		if err := yaml.Unmarshal([]byte(content), &object); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, content)
		}
		rules, err := yaml.Marshal(object.Spec)
		if err != nil {
			t.Fatal(err)
		}
		var parsed file
		if err := yaml.Unmarshal(rules, &parsed); err != nil {
			t.Fatal(err)
		}
		return rules, parsed
	}
	t.Fatal("the chart has no rules.yaml")
	return nil, file{}
}
