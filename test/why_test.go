// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

const (
	whyNamespace = "why"
	whyBuild     = 2 * time.Minute // what it shares with the provider is compiled for other tests anyway
	relabelling  = "      path: /metrics\n      metricRelabelings: [%s]\n"
)

// brokenCopy is a copy of the application in whose chain one link is broken.
type brokenCopy struct {
	name   string
	values map[string]any // of the application's chart
	old    string         // text in the rendered chart, and its replacement
	new    string
	target string // of the autoscaler; the copy by default
	metric string // that it reads; the environment's by default
	link   string // that must be named
	says   string
}

var brokenCopies = []brokenCopy{
	{name: "port", old: "    - port: metrics\n      path", new: "    - port: metrcs\n      path", link: "monitor", says: `port "metrcs" is no port of Service port`},
	{name: "release", values: map[string]any{"serviceMonitor": map[string]any{"releaseLabel": "another", "interval": "1s"}}, link: "monitor", says: "no Prometheus selects it"},
	{name: "service", old: "  type: ClusterIP\n  selector:\n", new: "  type: ClusterIP\n  selector:\n    broken: on-purpose\n", link: "monitor", says: "it selects Service service, which selects no pod"},
	{name: "dropped", old: "      path: /metrics\n", new: fmt.Sprintf(relabelling, "{action: drop, sourceLabels: [__name__], regex: "+suite.CounterName+"}"), link: "series", says: "Prometheus has no series " + suite.CounterName},
	{name: "namespace", old: "      path: /metrics\n", new: fmt.Sprintf(relabelling, "{action: labeldrop, regex: namespace}"), link: "series", says: "lack the label namespace"},
	{name: "typo", metric: "heavywork_request_per_second", link: "rule", says: "Is " + suite.MetricName + " meant?"},
	{name: "unknown", metric: "cart_checkouts", link: "rule", says: "makes the metric cart_checkouts"},
	{name: "unready", old: "              path: /readyz", new: "              path: /unready", link: "pods", says: "0 of 1 pods are ready"},
	{name: "memory", values: map[string]any{"resources": map[string]any{"requests": map[string]any{"memory": "8Ti"}, "limits": map[string]any{"memory": "8Ti"}}}, link: "pods", says: "Insufficient memory"},
	{name: "target", target: "nothing", link: "pods", says: "Deployment nothing, is not there"},
	{name: "policy", values: map[string]any{"networkPolicy": map[string]any{"enabled": true, "monitoringNamespace": "elsewhere"}}, link: "target", says: "NetworkPolicies limit who reaches the pods (policy)"},
	{name: "route", old: "    - group: gateway.networking.k8s.io\n", new: "    - sectionName: nowhere\n      group: gateway.networking.k8s.io\n", link: "route", says: "Accepted is False"},
}

// busy is a copy that is not broken and is at its maximum of replicas.
const busy = "busy"

// The command that says why an autoscaler does not scale names what is broken in
// copies that are broken on purpose, each in one way and all side by side. It
// finds nothing wrong with the environment, nor with an autoscaler at its maximum.
func TestWhy(t *testing.T) {
	s := suite.Start(t, whyBuild+fleet.Up(len(brokenCopies)+1)+2*budget.Settling)
	program := filepath.Join(t.TempDir(), "why")
	build := exec.CommandContext(s.Ctx, "go", "build", "-o", program, "./provider/why")
	build.Dir = suite.Shared.Tool.Root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compiling the command: %v: %s", err, out)
	}
	why := func(ctx context.Context, namespace, autoscaler string) (link, text string, err error) {
		return askWhy(ctx, program, s.Env.Kubeconfig, namespace, autoscaler)
	}

	outputs, err := s.Env.Outputs(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	objects := []string{fleet.RestrictedNamespace(whyNamespace)}
	var laid []brokenCopy
	for _, c := range append(brokenCopies, brokenCopy{name: busy}) {
		if c.name == "policy" && !s.Places.NetworkPolicies || c.name == "route" && s.Places.Exposure != "httpRoute" {
			t.Logf("the copy %q is left out: this environment does not have what it breaks", c.name)
			continue
		}
		values := fleet.Application(s, outputs, c.name)
		values["drainSeconds"] = 0
		for key, value := range c.values {
			values[key] = value
		}
		rendered := fleet.Render(t, "app/chart", c.name, whyNamespace, values)
		if c.old != "" {
			if !strings.Contains(rendered, c.old) {
				t.Fatalf("the chart does not have %q, which is broken in the copy %q", c.old, c.name)
			}
			rendered = strings.ReplaceAll(rendered, c.old, c.new)
		}
		objects = append(objects, rendered, autoscalerOf(c))
		if c.name != busy {
			laid = append(laid, c)
		}
	}
	if err := outputs.Err(); err != nil {
		t.Fatal(err)
	}
	fleet.Lay(s, objects)

	s.Until(fleet.Up(len(objects)/2), "until a busy copy is found at its maximum, with no link missing", func(ctx context.Context) error {
		if err := postTo(ctx, s.Env.HTTPURL, fleet.Host(busy)); err != nil {
			return err
		}
		link, text, err := why(ctx, whyNamespace, busy)
		if err == nil && (link != "" || !strings.Contains(text, "it is at the maximum, 1")) {
			err = errors.New(text)
		}
		return err
	})
	for _, c := range laid {
		s.Until(budget.Settling, "until the copy "+c.name+" is diagnosed", func(ctx context.Context) error {
			link, text, err := why(ctx, whyNamespace, c.name)
			if err == nil && (link != c.link || !strings.Contains(text, c.says)) {
				err = fmt.Errorf("want %s to be named, with %q: %s", c.link, c.says, text)
			}
			return err
		})
	}
	if link, text, err := why(s.Ctx, suite.AppNamespace, suite.AppName); link != "" || err != nil {
		t.Errorf("of the environment it says (%v): %s", err, text)
	}
}

// askWhy returns the link that is missing, and the complete output.
func askWhy(ctx context.Context, program, kubeconfig, namespace, autoscaler string) (link, text string, err error) {
	command := exec.CommandContext(ctx, program, "--kubeconfig", kubeconfig, "--namespace", namespace, "--output", "json", autoscaler)
	command.Stderr = os.Stderr
	out, err := command.Output()
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code, err = exit.ExitCode(), nil
	}
	if err != nil {
		return "", "", err
	}
	var report struct {
		Missing *struct{ Link string }
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return "", "", fmt.Errorf("it exited with %d, and what it says is not JSON: %w: %q", code, err, out)
	}
	want := 0
	if report.Missing != nil {
		link, want = report.Missing.Link, 1
	}
	if code != want {
		return "", "", fmt.Errorf("it exited with %d, want %d: %s", code, want, out)
	}
	return link, strings.ReplaceAll(string(out), `\"`, `"`), nil
}

func autoscalerOf(c brokenCopy) string {
	target, metric, least, most, aim := c.target, c.metric, 1, 2, "10"
	if target == "" {
		target = c.name
	}
	if metric == "" {
		metric = suite.MetricName
	}
	if c.name == busy {
		most, aim = 1, "1m" // any request is too much
	}
	return fmt.Sprintf(`{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: %s, namespace: %s},
  spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: %s}, minReplicas: %d, maxReplicas: %d,
    metrics: [{type: Pods, pods: {metric: {name: %s}, target: {type: AverageValue, averageValue: %s}}}]}}`, c.name, whyNamespace, target, least, most, metric, aim)
}

// postTo sends a counted request to a host name of the ingress.
func postTo(ctx context.Context, address, host string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/heavywork", nil)
	if err != nil {
		return err
	}
	request.Host = host
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("POST /heavywork of %s: status %s", host, response.Status)
	}
	return nil
}
