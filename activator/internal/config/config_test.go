// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const least = `
prometheus_url: http://prometheus.monitoring:9090
services:
  - {namespace: app, service: heavywork, port: 8080, activity: sum(x)}
`

func TestDefaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(least), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	want := Service{
		Namespace: "app", Name: "heavywork", Port: 8080, Activity: "sum(x)",
		Workload:    Workload{"apps", "v1", "deployments", "heavywork"},
		IdleSeconds: 300, HoldSeconds: 30, ReadTimeoutSeconds: 60, MaxHeld: 1000,
	}
	if c.Services[0] != want {
		t.Errorf("got %+v, want %+v", c.Services[0], want)
	}
}

func TestRefusals(t *testing.T) {
	service := func(more string) string {
		return "prometheus_url: http://p:9090\nservices:\n  - {namespace: app, service: a, port: 8080, activity: sum(x)" + more + "}\n"
	}
	for _, tt := range []struct{ name, text, want string }{
		{"unknown field", service(", hold: 3"), `unknown field "hold"`},
		{"no services", "prometheus_url: http://p:9090", "services: is empty"},
		{"no URL", "services:\n  - {namespace: app, service: a, port: 8080, activity: x}", `prometheus_url ""`},
		{"held as long as the proxy waits", service(", hold_seconds: 60"), "hold_seconds 60: must be less than read_timeout_seconds 60"},
		{"negative bound", service(", max_held: -1"), "max_held -1: must be from 1 to 20000"},
		{"idle for no time", service(", idle_seconds: 1"), "idle_seconds 1: must be from 5"},
		{"no query", strings.Replace(service(""), "sum(x)", `""`, 1), `activity ""`},
		{"no PromQL", strings.Replace(service(""), "sum(x)", `"sum("`, 1), `activity "sum("`},
		{"no port", strings.Replace(service(""), "8080", "0", 1), "port 0: must be from 1 to 65535"},
		{"named port", strings.Replace(service(""), "8080", "http", 1), "cannot be read"},
		{"name of no object", strings.Replace(service(""), "service: a", "service: A", 1), `service "A"`},
		{"name too long for a slice", strings.Replace(service(""), "service: a", "service: "+strings.Repeat("a", 60), 1), "is longer than 53 characters"},
		{"half a workload", service(", workload: {resource: statefulsets}"), "workload: give version and resource"},
		{"gauge without a name", service(", live: {port: 8000}"), "live: give port"},
		{"one port twice", service("") + "  - {namespace: app, service: b, port: 8080, activity: y}", "port 8080 is also used by services[0] (app/a)"},
		{"one workload twice", service("") + "  - {namespace: app, service: b, port: 81, activity: y, workload: {name: a}}", `workload "a" is also used by services[0]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	_, err := Parse([]byte("services:\n  - {namespace: app, service: a, port: 0}"))
	for _, want := range []string{"prometheus_url", "port 0", "activity"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}
