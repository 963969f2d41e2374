// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/template"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// The names of the environment's parts, and of the benchmark's own.
const (
	monitoring   = "monitoring"
	adapterLabel = "app.kubernetes.io/name=prometheus-adapter"
	adapterLimit = "2Gi" // memory limit, instead of the default

	adapterDeployment = "prometheus-adapter"

	appNamespace   = "app"
	appName        = "heavywork"
	releaseLabel   = "prometheus"
	benchNamespace = "bench-scale"
	exporterName   = "exporter" // in manifests/stage.yaml
	ruleGroup      = "bench-scale"
	recordedSeries = "heavywork_requests:rate15s"
	scrapeInterval = "2s"
	rateWindow     = "15s"
)

var metricNames = map[string]string{raw: "bench_scale_raw", recorded: "bench_scale_recorded", workload: "bench_scale_workload"}

// tidyTimeout is how long removing everything again may take.
const tidyTimeout = 5 * time.Minute

//go:embed manifests/*.yaml rules/main.tf
var files embed.FS

// stage is the cluster with everything the benchmark has put into it.
type stage struct {
	root     string // of the checkout
	env      environment.Environment
	config   *rest.Config
	client   *kubernetes.Clientset
	node     string        // the real one
	period   time.Duration // between two loops of an autoscaler
	rules    string        // folder of the Terraform configuration
	forwards map[string]*forward
	log      io.Writer

	undo []func(context.Context) error // in the order in which it was done
}

// set installs everything in the environment but pods. Call close even if it fails.
func set(ctx context.Context, dir string, log io.Writer) (s *stage, err error) {
	s = &stage{forwards: map[string]*forward{}, log: log}
	here, err := os.Getwd()
	if err != nil {
		return s, fmt.Errorf("finding the checkout: %w", err)
	}
	if s.root, err = environment.Root(here); err != nil {
		return s, err
	}
	tool := environment.Tool{Root: s.root, Environ: os.Environ(), Log: log}
	if s.env, err = tool.Describe(ctx); err != nil {
		return s, err
	}
	if err = s.env.Export(); err != nil {
		return s, err
	}
	if s.config, err = clientcmd.BuildConfigFromFlags("", s.env.Kubeconfig); err != nil {
		return s, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	s.config.QPS = -1 // no client-side throttling, which would be measured
	if s.client, err = kubernetes.NewForConfig(s.config); err != nil {
		return s, fmt.Errorf("using the kubeconfig: %w", err)
	}
	nodes, err := s.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "node-role.kubernetes.io/control-plane"})
	if err != nil || len(nodes.Items) != 1 {
		return s, errors.Join(fmt.Errorf("looking for the control plane: want one node"), err)
	}
	s.node = nodes.Items[0].Name
	for _, step := range []struct {
		what string
		do   func(context.Context, string) error
	}{
		{"exporter and definitions", s.install}, {"the adapter", s.keepAdapter}, {"rules of the adapter", s.installRules}, {"clock of the autoscaler", s.slowAutoscaler}, {"forwards", s.openController}, {"kwok", s.startKwok},
	} {
		s.say("%s", step.what)
		if err := step.do(ctx, dir); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *stage) say(format string, args ...any) {
	fmt.Fprintf(s.log, "%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// poll calls look every second until it is done. After the limit, its error has what was seen last. An
// error of look is retried.
func (s *stage) poll(ctx context.Context, limit time.Duration, what string, look func(context.Context) (seen string, done bool, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return await.Until(ctx, time.Second, "for "+what, func(ctx context.Context) error {
		seen, done, err := look(ctx)
		if err == nil && !done {
			err = errors.New(seen)
		}
		return err
	})
}

// install installs the definitions and the exporter in the cluster.
func (s *stage) install(ctx context.Context, dir string) error {
	image, err := s.loadExporter(ctx, dir)
	if err != nil {
		return err
	}
	s.later(func(ctx context.Context) error {
		_, err := s.output(ctx, nil, "kubectl", "delete", "customresourcedefinition/fleets.bench.nginx-prometheus-hpa", "namespace/"+benchNamespace, "--ignore-not-found", "--timeout=2m")
		return err
	})
	if err := s.apply(ctx, "stage.yaml", map[string]any{
		"Namespace": benchNamespace, "Node": s.node, "Image": image, "Release": releaseLabel, "Interval": scrapeInterval, "Group": ruleGroup,
		"Recorded": recordedSeries, "Counter": fleet.Counter, "Window": rateWindow,
	}); err != nil {
		return err
	}
	for _, wait := range [][]string{
		{"wait", "--for=condition=Established", "customresourcedefinition/fleets.bench.nginx-prometheus-hpa", "--timeout=1m"},
		{"--namespace", benchNamespace, "rollout", "status", "deployment/exporter", "--timeout=2m"},
	} {
		if _, err := s.output(ctx, nil, "kubectl", wait...); err != nil {
			return fmt.Errorf("waiting for the exporter and the definitions: %w", err)
		}
	}
	return nil
}

// apply fills in a manifest and applies it.
func (s *stage) apply(ctx context.Context, manifest string, values map[string]any) error {
	filled, err := template.ParseFS(files, "manifests/"+manifest)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := filled.Option("missingkey=error").Execute(&text, values); err != nil {
		return fmt.Errorf("filling in %s: %w", manifest, err)
	}
	kubectl := exec.CommandContext(ctx, "kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-")
	kubectl.Stdin = &text
	if out, err := kubectl.CombinedOutput(); err != nil {
		return fmt.Errorf("applying %s: %w: %s", manifest, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// later registers how something is undone.
func (s *stage) later(undo func(context.Context) error) { s.undo = append(s.undo, undo) }

// close undoes everything in reverse order, even if the benchmark was interrupted.
func (s *stage) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTimeout)
	defer cancel()
	s.say("removing everything again")
	var problems []error
	for i := len(s.undo) - 1; i >= 0; i-- {
		problems = append(problems, s.undo[i](ctx))
	}
	return errors.Join(problems...)
}

// output runs a program at the root of the checkout and returns what it prints.
func (s *stage) output(ctx context.Context, variables []string, name string, args ...string) (string, error) {
	return program.Output(ctx, s.root, variables, name, args...)
}
