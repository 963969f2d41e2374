// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
)

// description is what env --json prints.
type description struct {
	Cluster       string            `json:"cluster"`
	Source        string            `json:"source"`
	Engine        string            `json:"engine"` // runs the nodes; empty when there is no cluster
	Node          string            `json:"node"`   // container of the control plane's node
	Nodes         []string          `json:"nodes"`  // containers of all nodes, the control plane's first
	HPASync       float64           `json:"hpa_sync_seconds"`
	Kubeconfig    string            `json:"kubeconfig"`
	HTTPURL       string            `json:"http_url"`  // the ingress, through the control plane's node
	HTTPURLs      []string          `json:"http_urls"` // the ingress, through each node, in the order of Nodes
	PrometheusURL string            `json:"prometheus_url"`
	TerraformDir  string            `json:"terraform_dir"`
	LogDir        string            `json:"log_dir"`
	Env           map[string]string `json:"env"`
}

// print writes the settings that terraform, kubectl and go test need, as shell
// exports or as JSON.
func (e *environment) print(ctx context.Context, asJSON bool) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	if _, err := e.decideSource(ctx); err != nil {
		return err
	}
	p, err := e.products(ctx)
	if err != nil {
		return err
	}
	inputs := e.inputs(p)
	pairs, err := inputs.Environment()
	if err != nil {
		return err
	}
	env := map[string]string{
		"CLUSTER": e.Cluster, "CHARTS": e.record.Charts, "NODES": strconv.Itoa(e.record.Nodes), "HTTP_PORT": strconv.Itoa(e.record.HTTPPort),
		"HTTP_PORTS": strings.Trim(fmt.Sprint(e.record.HTTPPorts()), "[]"), "PROMETHEUS_PORT": strconv.Itoa(e.record.PrometheusPort),
	}
	if e.record.NodeFailure != "" {
		env["NODE_FAILURE"] = e.record.NodeFailure
	}
	if e.record.Engine != "" {
		pairs = append(pairs, engine.Environment(e.record.Engine, e.shared("engine"))...)
	}
	for _, pair := range pairs {
		key, value, _ := strings.Cut(pair, "=")
		env[key] = value
	}
	if !asJSON {
		return e.printExports(env)
	}
	for _, pair := range e.run.Env {
		if value, ok := strings.CutPrefix(pair, "PATH="); ok {
			env["PATH"] = value
		}
	}
	nodes := cluster.NodeNames(e.Cluster, e.record.Nodes)
	encoder := json.NewEncoder(e.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(description{
		Cluster: e.Cluster, Source: string(e.source), Engine: e.record.Engine, Node: nodes[0], Nodes: nodes, HPASync: e.hpaSync().Seconds(), Kubeconfig: inputs.Kubeconfig,
		HTTPURL: e.httpURL(), HTTPURLs: e.httpURLs(), PrometheusURL: e.prometheusURL(),
		TerraformDir: e.terraformDir(), LogDir: e.logs(), Env: env,
	})
}

// hpaSync returns the autoscaler's sync period in the existing cluster, or in the
// one that up would create.
func (e *environment) hpaSync() time.Duration {
	if e.record.Source == "" {
		return cluster.NewSync
	}
	return e.record.HPASync()
}

func (e *environment) printExports(env map[string]string) error {
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	fmt.Fprintf(&b, "export PATH=%s:\"$PATH\"\n", quote(e.bin()))
	for _, name := range names {
		fmt.Fprintf(&b, "export %s=%s\n", name, quote(env[name]))
	}
	_, err := fmt.Fprint(e.out, b.String())
	return err
}

// quote makes a value safe for a POSIX shell.
func quote(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// printWelcome prints what a person can do next, and how long the run took.
func (e *environment) printWelcome(how string, took time.Duration, history *report.History) {
	url := e.httpURL()
	fmt.Fprintf(e.out, `
The environment is up.

  application   %[1]s        curl -X POST %[1]s/heavywork
  Prometheus    %[2]s

  tools         eval "$(%[3]smake -s env)"        kubectl, kind, loadgen, terraform settings
  send load     loadgen --arrival-rate 80 --decay-rate 0.001 --duration 120 localhost %[4]d heavywork
  watch         kubectl get hpa --watch
  tear down     %[3]smake down

`, url, e.prometheusURL(), e.clusterPrefix(), e.record.HTTPPort)
	fmt.Fprintf(e.out, "  %-14s%s\n", "this run", report.Short(took)+" ("+how+")")
	for _, other := range []string{"cold", "warm", "running"} {
		if last := history.Get("up, " + other); last > 0 && other != how {
			fmt.Fprintf(e.out, "  %-14s%s\n", "last "+other, report.Short(last))
		}
	}
}

func (e *environment) clusterPrefix() string {
	if e.Cluster == "hpa" {
		return ""
	}
	return "CLUSTER=" + e.Cluster + " "
}
