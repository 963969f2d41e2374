// SPDX-License-Identifier: Apache-2.0

// Package arena deploys applications to be measured to the cluster of an
// environment, each with an autoscaler and a namespace of its own, and removes
// them again. It uses the project's Terraform modules, and leaves the
// environment's own application alone.
package arena

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// What all applications of an arena have in common, by its configuration and the
// chart.
const (
	Deployment  = "heavywork"
	Counter     = "heavywork_requests_total"
	MetricsPort = 8000
	Target      = 10 // requests per second and pod
	MaxReplicas = 5
)

// Settings are what may differ between applications, in seconds.
type Settings struct {
	ScrapeInterval         int `json:"scrape_interval_seconds"`
	RateWindow             int `json:"rate_window_seconds"` // 0 for an application without an autoscaler
	ScaleDownStabilization int `json:"scale_down_stabilization_seconds"`
}

// Arena is a set of applications on a cluster.
type Arena struct {
	Env    environment.Environment
	Client *kubernetes.Clientset
	Relist time.Duration // relist interval of the adapter, as it was applied

	dir     string // of the Terraform configuration
	state   string // of Terraform
	log     io.Writer
	inputs  []string // of Terraform
	destroy time.Duration
}

// Open connects to an environment, which must be up.
func Open(ctx context.Context, root string, env environment.Environment, log io.Writer) (*Arena, error) {
	config, err := clientcmd.BuildConfigFromFlags("", env.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig of cluster %q: %w", env.Cluster, err)
	}
	config.QPS, config.Burst = 200, 400 // high enough to delay no request, which would be measured
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("connecting to cluster %q: %w", env.Cluster, err)
	}
	if err := env.Export(); err != nil {
		return nil, err
	}
	a := &Arena{
		Env: env, Client: client, log: log, destroy: 5 * time.Minute,
		dir:   filepath.Join(root, "bench", "internal", "arena", "terraform"),
		state: filepath.Join(filepath.Dir(env.Kubeconfig), "bench"),
	}
	outputs, err := env.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	a.inputs = []string{"TF_VAR_gateway_name=" + outputs.Text("gateway_name"), "TF_VAR_gateway_namespace=" + outputs.Text("ingress_namespace")}
	a.Relist = outputs.Seconds("metrics_relist_interval_seconds")
	return a, outputs.Err()
}

// Build creates the applications, or changes those that an interrupted run has
// left.
func (a *Arena) Build(ctx context.Context, apps map[string]Settings) error {
	encoded, err := json.Marshal(apps)
	if err != nil {
		return fmt.Errorf("encoding the applications: %w", err)
	}
	a.inputs = append(a.inputs, "TF_VAR_apps="+string(encoded))
	if err := os.MkdirAll(a.state, 0o700); err != nil {
		return fmt.Errorf("making a folder for Terraform's state: %w", err)
	}
	// As in the environment, no lock file is kept: providers come from a mirror whose
	// content is known.
	if err := os.Remove(filepath.Join(a.dir, ".terraform.lock.hcl")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing the lock file: %w", err)
	}
	for _, arguments := range [][]string{
		{"init", "-input=false", "-reconfigure"},
		{"apply", "-input=false", "-auto-approve"},
	} {
		if err := a.terraform(ctx, arguments...); err != nil {
			return fmt.Errorf("creating %d applications: %w", len(apps), err)
		}
	}
	return nil
}

// Destroy removes the applications, even after ctx has ended.
func (a *Arena) Destroy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.destroy)
	defer cancel()
	if err := a.terraform(ctx, "destroy", "-input=false", "-auto-approve"); err != nil {
		return fmt.Errorf("removing the applications: %w", err)
	}
	return nil
}

// variables returns what differs from the environment: inputs, and a state of its own.
func (a *Arena) variables() []string {
	return append(slices.Clone(a.inputs),
		"TF_DATA_DIR="+filepath.Join(a.state, "terraform"),
		"TF_CLI_ARGS_init=-backend-config=path="+filepath.Join(a.state, "terraform.tfstate"))
}

func (a *Arena) terraform(ctx context.Context, arguments ...string) error {
	_, err := program.Output(ctx, a.dir, a.variables(), "terraform", arguments...)
	return err
}

// Namespace returns the namespace of an application.
func Namespace(app string) string { return "bench-" + app }

// Host returns the host name by which NGINX routes to an application.
func Host(app string) string { return app + ".bench.example.org" }

// Metric returns the metric that an application's autoscaler reads.
func Metric(app string) string {
	return "bench_" + strings.ReplaceAll(app, "-", "_") + "_per_second"
}

// Send sends Poisson arrivals at a constant rate, in requests per second, to an
// application until ctx ends or the time is over.
func (a *Arena) Send(ctx context.Context, app string, rate float64, length time.Duration, seed uint64) (*measure.Result, error) {
	arrivals, err := schedule.NewPoisson(schedule.Constant{ArrivalRate: rate}, length, seed)
	if err != nil {
		return nil, err
	}
	result, err := engine.Run(ctx, engine.Config{
		Target: a.Env.HTTPURL + "/heavywork", Host: Host(app), Schedule: arrivals, Timeout: 10 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("sending load to %s: %w", app, err)
	}
	if result.Succeeded == 0 && result.Sent > 0 {
		return result, fmt.Errorf("none of %d requests to %s succeeded: %w", result.Sent, app, result.Err())
	}
	return result, nil
}
