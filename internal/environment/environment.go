// SPDX-License-Identifier: Apache-2.0

// Package environment runs the kind tool of this repository for the end-to-end suites
// and the benchmarks: it brings a cluster up and down, and reads its description.
package environment

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"time"
)

// Environment has the addresses of a cluster's parts, and the environment variables
// that programs need to work with them.
type Environment struct {
	Cluster       string            `json:"cluster"`
	Engine        string            `json:"engine"`           // docker or podman; empty when there is no cluster
	Node          string            `json:"node"`             // container of the control plane's node
	Nodes         []string          `json:"nodes"`            // containers of all nodes, the control plane's first
	HPASync       float64           `json:"hpa_sync_seconds"` // sync period of the autoscaler
	Kubeconfig    string            `json:"kubeconfig"`
	HTTPURL       string            `json:"http_url"`       // the ingress through the control plane's node, on a loopback address
	HTTPURLs      []string          `json:"http_urls"`      // the ingress through each node, in the order of Nodes
	PrometheusURL string            `json:"prometheus_url"` // Prometheus, on a loopback address
	TerraformDir  string            `json:"terraform_dir"`  // root configuration of this cluster
	LogDir        string            `json:"log_dir"`        // folder for logs and dumps of this cluster
	Env           map[string]string `json:"env"`            // variables for kubectl, terraform and the kind tool
}

// Parse reads the JSON that `go run ./kind env --json` prints. Its error lists every
// missing field, and every address that is not a loopback one: load is sent there, and
// must not leave the machine.
func Parse(data []byte) (Environment, error) {
	var e Environment
	if err := json.Unmarshal(data, &e); err != nil {
		return Environment{}, fmt.Errorf("environment description is not the expected JSON object: %w", err)
	}
	var problems []error
	for _, field := range []struct{ name, value string }{
		{"cluster", e.Cluster},
		{"kubeconfig", e.Kubeconfig},
		{"terraform_dir", e.TerraformDir},
		{"log_dir", e.LogDir},
	} {
		if field.value == "" {
			problems = append(problems, fmt.Errorf("%q is missing", field.name))
		}
	}
	problems = append(problems, loopback("http_url", e.HTTPURL), loopback("prometheus_url", e.PrometheusURL))
	for _, address := range e.HTTPURLs {
		problems = append(problems, loopback("http_urls", address))
	}
	if len(e.Nodes) == 0 || len(e.Nodes) != len(e.HTTPURLs) {
		problems = append(problems, fmt.Errorf(`"nodes" has %d and "http_urls" has %d: each node needs an address of the ingress`, len(e.Nodes), len(e.HTTPURLs)))
	}
	if e.HPASync <= 0 {
		problems = append(problems, fmt.Errorf(`"hpa_sync_seconds" is %g: it must be above 0`, e.HPASync))
	}
	if len(e.Env) == 0 {
		problems = append(problems, errors.New(`"env" is missing`))
	}
	if err := errors.Join(problems...); err != nil {
		return Environment{}, fmt.Errorf("environment description: %w", err)
	}
	return e, nil
}

// HPASyncPeriod returns the sync period of the cluster's autoscalers.
func (e Environment) HPASyncPeriod() time.Duration {
	return time.Duration(e.HPASync * float64(time.Second))
}

// Export sets the environment's variables in this process, so that the programs it
// starts, such as terraform, work with this cluster.
func (e Environment) Export() error {
	for name, value := range e.Env {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("exporting %q: %w", name, err)
		}
	}
	return nil
}

func loopback(name, value string) error {
	u, err := url.Parse(value)
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	ip := net.ParseIP(u.Hostname())
	if !slices.Contains([]string{"http", "https"}, u.Scheme) || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%q is %q: it must be a URL on a loopback address, such as %q", name, value, "http://127.0.0.1:8080")
	}
	return nil
}
