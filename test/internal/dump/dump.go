// SPDX-License-Identifier: Apache-2.0

// Package dump saves what an engineer needs to understand a failed suite: the
// autoscaler with its conditions, events, pods and their logs, what Prometheus
// scrapes and answers, and what the metrics API answers.
package dump

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// Options say what to save, and where.
type Options struct {
	Client        kubernetes.Interface
	HTTP          *http.Client
	PrometheusURL string
	Metric        metrics.Pods
	Counter       string   // series that the rule queries
	Namespaces    []string // whose pods, events and logs are saved
	Rules         Rules
	Autoscaler    string // name, in the metric's namespace
	Dir           string // created if it is missing
	Log           func(format string, args ...any)
}

// Rules is the config map that the adapter reads its rules from.
type Rules struct{ Namespace, ConfigMap, Key string }

// part is one file. Its end is also logged, so that the failure can be understood
// from a test's output alone.
type part struct {
	file    string
	collect func(context.Context, Options) ([]byte, error)
	lines   int // how many of its last lines are logged
}

func parts() []part {
	return []part{
		{"autoscaler.yaml", autoscaler, 80},
		{"events.txt", events, 40},
		{"pods.txt", pods, 40},
		{"custom-metrics.json", customMetric, 40},
		{"adapter-rules.yaml", rules, 40},
		{"prometheus-rule-query.json", ruleQueries, 40},
		{"prometheus-counter.json", counterQuery, 20},
		{"prometheus-targets.json", targets, 0},
	}
}

// Save writes every part to a file of its own in the directory, and the logs of
// all containers below logs/. If a part cannot be collected, its file says why and
// the others are still saved. The error is about files that could not be written.
func Save(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return fmt.Errorf("making a directory for the dump: %w", err)
	}
	o.Log("saving the state of the cluster in %s", o.Dir)
	var problems []error
	for _, p := range parts() {
		content, err := p.collect(ctx, o)
		if err != nil {
			content = fmt.Appendf(content, "\n(not available: %v)\n", err)
		}
		if p.lines > 0 || err != nil {
			o.Log("%s:\n%s", p.file, tail(content, max(p.lines, 1)))
		}
		problems = append(problems, os.WriteFile(filepath.Join(o.Dir, p.file), content, 0o644))
	}
	problems = append(problems, saveLogs(ctx, o))
	return errors.Join(problems...)
}

// tail returns the last n lines.
func tail(content []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
