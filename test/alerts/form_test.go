// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Every alert says what is wrong, what it means and what to do, and fires in at least
// one test.
func TestEachAlertIsComplete(t *testing.T) {
	runbooks, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := firing(t)
	_, rules := render(t, withActivator)
	if len(rules.alerts()) == 0 {
		t.Fatal("there are no alerts")
	}
	for _, a := range rules.alerts() {
		t.Run(a.Alert, func(t *testing.T) {
			if !slices.Contains([]string{"critical", "warning", "none"}, a.Labels["severity"]) {
				t.Errorf("severity is %q, want critical, warning or none", a.Labels["severity"])
			}
			for _, name := range []string{"summary", "description"} {
				if a.Annotations[name] == "" {
					t.Errorf("it has no %s", name)
				}
			}
			if !strings.HasSuffix(a.Annotations["runbook_url"], "#"+strings.ToLower(a.Alert)) {
				t.Errorf("runbook_url is %q, want it to end with the alert's own section", a.Annotations["runbook_url"])
			}
			if !strings.Contains(string(runbooks), "\n## "+a.Alert+"\n") {
				t.Errorf("docs/runbooks.md has no section ## %s", a.Alert)
			}
			if !slices.Contains(seen, a.Alert) {
				t.Errorf("no case in testdata expects it to fire")
			}
		})
	}
}

// firing returns the alerts that some case expects to fire.
func firing(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var cases struct {
			Tests []struct {
				Checks []struct {
					Alert    string `json:"alertname"`
					Expected []any  `json:"exp_alerts"`
				} `json:"alert_rule_test"`
			} `json:"tests"`
		}
		if err := yaml.Unmarshal(data, &cases); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, test := range cases.Tests {
			for _, check := range test.Checks {
				if len(check.Expected) > 0 {
					names = append(names, check.Alert)
				}
			}
		}
	}
	return names
}

// An environment without ingress, autoscalers and activator has the alerts of the rest.
func TestPartsThatAreNotThereHaveNoAlerts(t *testing.T) {
	_, rules := render(t, "{}")
	for _, a := range rules.alerts() {
		if strings.HasPrefix(a.Alert, "Ingress") || strings.HasPrefix(a.Alert, "AutoscalerAt") || strings.HasPrefix(a.Alert, "AutoscalerCounter") {
			t.Errorf("%s is there", a.Alert)
		}
	}
	_, rules = render(t, values)
	for _, a := range rules.alerts() {
		if strings.Contains(a.Expr, "activator_") {
			t.Errorf("%s asks for an activator: %s", a.Alert, a.Expr)
		}
	}
}
