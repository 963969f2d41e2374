// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
)

// Modules that carry the custom resource definitions.
const (
	gatewayAPIModule = "sigs.k8s.io/gateway-api"
	operatorModule   = "github.com/prometheus-operator/prometheus-operator"
)

// operatorResources are the custom resources of the Prometheus Operator that
// this environment uses; the operator leaves out what is not installed.
var operatorResources = []string{"podmonitors", "probes", "prometheuses", "prometheusrules", "servicemonitors"}

// charts returns a folder with the charts that come from others: the one of
// NGINX Gateway Fabric as published in its module, and two that hold nothing
// but custom resource definitions. Those are templates on purpose: what Helm
// finds in a chart's crds folder it never upgrades and never removes.
func (s *Supply) charts() artefact.Spec {
	key := artefact.Key(s.recipes, s.Pins.Module(fabricModule), s.Pins.Module(gatewayAPIModule), s.Pins.Module(operatorModule))
	return artefact.Spec{Name: Charts, Key: key, Build: func(ctx context.Context, dir string) error {
		sources := map[string]string{}
		for _, module := range []string{fabricModule, gatewayAPIModule, operatorModule} {
			path, err := gobuild.ModuleDir(ctx, s.goTools(), s.groupDir("cluster"), module)
			if err != nil {
				return err
			}
			sources[module] = path
		}
		fabric := filepath.Join(sources[fabricModule], "charts", "nginx-gateway-fabric")
		if err := copyTree(filepath.Join(dir, "nginx-gateway-fabric"), fabric); err != nil {
			return err
		}
		gatewayAPI, err := filepath.Glob(filepath.Join(sources[gatewayAPIModule], "config", "crd", "standard", "*.yaml"))
		if err != nil {
			return err
		}
		own, err := filepath.Glob(filepath.Join(sources[fabricModule], "config", "crd", "bases", "*.yaml"))
		if err != nil {
			return err
		}
		if err := writeResourceChart(dir, "ingress-crds", s.Pins.Module(gatewayAPIModule), append(gatewayAPI, own...)); err != nil {
			return err
		}
		var monitoring []string
		for _, name := range operatorResources {
			monitoring = append(monitoring, filepath.Join(sources[operatorModule], "example", "prometheus-operator-crd", "monitoring.coreos.com_"+name+".yaml"))
		}
		return writeResourceChart(dir, "monitoring-crds", s.Pins.Module(operatorModule), monitoring)
	}}
}

// copyTree copies a folder of the module cache, whose files are read-only.
func copyTree(target, source string) error {
	if err := os.CopyFS(target, os.DirFS(source)); err != nil {
		return fmt.Errorf("copying %s: %w", filepath.Base(source), err)
	}
	return filepath.WalkDir(target, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o644)
	})
}

// writeResourceChart writes a chart whose templates are the given manifests.
func writeResourceChart(dir, name, version string, manifests []string) error {
	if len(manifests) == 0 {
		return fmt.Errorf("chart %s: there are no manifests", name)
	}
	templates := filepath.Join(dir, name, "templates")
	if err := os.MkdirAll(templates, 0o755); err != nil {
		return fmt.Errorf("making room for chart %s: %w", name, err)
	}
	metadata := fmt.Sprintf("apiVersion: v2\nname: %s\ndescription: Custom resource definitions\ntype: application\nversion: %s\n", name, version)
	if err := os.WriteFile(filepath.Join(dir, name, "Chart.yaml"), []byte(metadata), 0o644); err != nil {
		return fmt.Errorf("writing chart %s: %w", name, err)
	}
	for _, path := range manifests {
		data, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("reading a manifest for chart %s: %w", name, err)
		}
		// Descriptions in the definitions can hold braces; they are text here.
		text := strings.NewReplacer("{{", `{{ "{{" }}`, "}}", `{{ "}}" }}`).Replace(string(data))
		if err := os.WriteFile(filepath.Join(templates, filepath.Base(path)), []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing chart %s: %w", name, err)
		}
	}
	return nil
}
