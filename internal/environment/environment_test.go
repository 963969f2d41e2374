// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"os"
	"strings"
	"testing"
	"time"
)

const complete = `{"cluster":"demo","kubeconfig":"/k","http_url":"http://127.0.0.1:8080","nodes":["n","w"],"http_urls":["http://127.0.0.1:8080","http://127.0.0.1:8081"],"prometheus_url":"http://127.0.0.1:9090",
"terraform_dir":"/t","log_dir":"/l","hpa_sync_seconds":1.5,"env":{"ENVIRONMENT_TEST_VARIABLE":"here"}}`

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           []string // parts of the error; empty if there is none
	}{
		{name: "complete"},
		{name: "not JSON", from: "{", to: "", want: []string{"not the expected JSON"}},
		{name: "kubeconfig missing", from: `"kubeconfig":"/k",`, want: []string{`"kubeconfig" is missing`}},
		{name: "autoscaler's period missing", from: `,"hpa_sync_seconds":1.5`, want: []string{`"hpa_sync_seconds" is 0`}},
		{name: "env missing", from: `{"ENVIRONMENT_TEST_VARIABLE":"here"}`, to: "{}", want: []string{`"env" is missing`}},
		{name: "ingress off the machine", from: "127.0.0.1:8080", to: "192.0.2.1:80", want: []string{`"http_url"`, "loopback"}},
		{name: "ingress by name", from: "127.0.0.1:8080", to: "localhost:80", want: []string{`"http_url"`, "loopback"}},
		{name: "Prometheus without a scheme", from: "http://127.0.0.1:9090", to: "127.0.0.1", want: []string{`"prometheus_url"`}},
		{name: "a worker's ingress off the machine", from: "127.0.0.1:8081", to: "192.0.2.1:8081", want: []string{`"http_urls"`, "loopback"}},
		{name: "a worker without an ingress", from: `,"http://127.0.0.1:8081"`, to: "", want: []string{`"nodes" has 2 and "http_urls" has 1`}},
		{name: "no nodes", from: `"nodes":["n","w"],`, to: "", want: []string{`"nodes" has 0`}},
		{name: "two problems at once", from: `"/t","log_dir":"/l"`, to: `"","log_dir":""`, want: []string{`"terraform_dir"`, `"log_dir"`}},
		{name: "all loopback addresses count", from: "127.0.0.1:8080", to: "[::1]:80"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := complete
			if c.from != "" {
				if !strings.Contains(text, c.from) {
					t.Fatalf("the case replaces %q, which is not in the JSON", c.from)
				}
				text = strings.Replace(text, c.from, c.to, 1)
			}
			_, err := Parse([]byte(text))
			if (err == nil) != (len(c.want) == 0) {
				t.Fatalf("error is %v, want one with %q", err, c.want)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestExport(t *testing.T) {
	t.Setenv("ENVIRONMENT_TEST_VARIABLE", "before")
	e, err := Parse([]byte(complete))
	if err != nil {
		t.Fatal(err)
	}
	if got := e.HPASyncPeriod(); got != 1500*time.Millisecond {
		t.Errorf("the autoscaler's period is %s, want 1.5s", got)
	}
	if err := e.Export(); err != nil {
		t.Fatal(err)
	}
	if got := os.Getenv("ENVIRONMENT_TEST_VARIABLE"); got != "here" {
		t.Errorf("variable is %q, want %q", got, "here")
	}
}
