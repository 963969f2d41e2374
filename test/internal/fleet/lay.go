// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Host is the host name by which NGINX routes to a copy.
func Host(name string) string { return name + ".example" }

// RestrictedNamespace is the manifest of a namespace like the application's.
func RestrictedNamespace(name string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {pod-security.kubernetes.io/enforce: restricted}}}`, name)
}

// Application returns values of the application's chart for a copy of it, with the
// environment's image, ingress and monitoring.
func Application(s *suite.Suite, outputs *environment.Outputs, name string) map[string]any {
	s.T.Helper()
	app, err := s.Client.AppsV1().Deployments(suite.AppNamespace).Get(s.Ctx, suite.AppName, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	repository, tag, _ := strings.Cut(app.Spec.Template.Spec.Containers[0].Image, ":")
	values := map[string]any{
		"fullnameOverride": name,
		"image":            map[string]any{"repository": repository, "tag": tag},
		"exposure":         s.Places.Exposure,
		"hostnames":        []any{Host(name)},
		"serviceMonitor":   map[string]any{"releaseLabel": outputs.Text("release_label"), "interval": outputs.Seconds("scrape_interval_seconds").String()},
		"networkPolicy":    map[string]any{"enabled": s.Places.NetworkPolicies, "ingressNamespace": s.Places.Ingress, "monitoringNamespace": s.Places.Monitoring},
	}
	if s.Places.Exposure == "httpRoute" { // an Ingress names no Gateway
		values["httpRoute"] = map[string]any{"parentRef": map[string]any{"name": outputs.Text("gateway_name"), "namespace": s.Places.Ingress}}
	}
	return values
}

// Render returns the objects of a chart of this repository.
func Render(t *testing.T, dir, release, namespace string, values map[string]any) string {
	t.Helper()
	chart, err := loader.Load(filepath.Join(suite.Shared.Tool.Root, dir))
	if err != nil {
		t.Fatal(err)
	}
	full, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: release, Namespace: namespace}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(chart, full)
	if err != nil {
		t.Fatal(err)
	}
	var documents []string
	for name, text := range files {
		if strings.HasSuffix(name, ".yaml") && !strings.Contains(text, "helm.sh/hook:") { // hooks are Helm's to run
			documents = append(documents, text)
		}
	}
	return strings.Join(documents, "\n---\n")
}

// Lay applies objects, which are deleted when the test ends.
func Lay(s *suite.Suite, objects []string) {
	s.T.Helper()
	manifest := strings.Join(objects, "\n---\n")
	s.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.Collection+suite.Shared.Budget.PodStop)
		defer cancel()
		if err := kubectl(ctx, manifest, "delete", "--ignore-not-found", "--wait"); err != nil {
			s.T.Errorf("deleting the applied objects: %v", err)
		}
	})
	if err := kubectl(s.Ctx, manifest, "apply"); err != nil {
		s.T.Fatal(err)
	}
}

// kubectl passes objects to a kubectl command.
func kubectl(ctx context.Context, manifest string, args ...string) error {
	command := exec.CommandContext(ctx, "kubectl", append(args, "--filename=-")...)
	command.Stdin = strings.NewReader(manifest)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
