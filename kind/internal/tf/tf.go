// SPDX-License-Identifier: Apache-2.0

// Package tf runs Terraform, or OpenTofu in its place, on the root
// configuration of the environment.
package tf

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// Inputs are what the root configuration needs to know about a cluster.
type Inputs struct {
	State              string // folder of the cluster's state
	Kubeconfig         string
	Mirror             string            // folder of providers
	Charts             string            // folder of charts
	ChartProfile       string            // bundled or upstream
	Images             map[string]string // references by role
	OwnImages          map[string]string // references of images of this project, by variable
	HTTPNodePort       int
	PrometheusNodePort int
	SampleNodes        []string // nodes that keep the samples of one Prometheus each, if ha is set
}

// samples is the folder of the samples on such a node. Every Debian system has it, and
// the node images are Debian.
const samples = "/var/local"

// Environment returns the "KEY=value" pairs with which any terraform command in the
// root configuration works on this cluster. Several variables name the kubeconfig,
// because each generation of the helm and kubernetes providers reads a different one.
func (i Inputs) Environment() ([]string, error) {
	charts, err := json.Marshal(map[string]string{
		"nginx_gateway_fabric": filepath.Join(i.Charts, "nginx-gateway-fabric"),
		"ingress_crds":         filepath.Join(i.Charts, "ingress-crds"),
		"monitoring_crds":      filepath.Join(i.Charts, "monitoring-crds"),
	})
	if err != nil {
		return nil, fmt.Errorf("encoding the charts: %w", err)
	}
	images, err := json.Marshal(i.Images)
	if err != nil {
		return nil, fmt.Errorf("encoding the images: %w", err)
	}
	pairs := []string{
		"KUBECONFIG=" + i.Kubeconfig,
		"KUBE_CONFIG=" + i.Kubeconfig,
		"KUBE_CONFIG_PATH=" + i.Kubeconfig,
		"TF_CLI_CONFIG_FILE=" + i.configFile(),
		"TF_DATA_DIR=" + i.dataDir(),
		"TF_CLI_ARGS_init=-backend-config=path=" + filepath.Join(i.State, "terraform.tfstate"),
		"TF_VAR_charts=" + i.ChartProfile,
		"TF_VAR_chart_dirs=" + string(charts),
		"TF_VAR_images=" + string(images),
		fmt.Sprintf("TF_VAR_http_node_port=%d", i.HTTPNodePort),
		fmt.Sprintf("TF_VAR_prometheus_node_port=%d", i.PrometheusNodePort),
	}
	if len(i.SampleNodes) > 0 {
		volumes := map[string]string{}
		for _, name := range i.SampleNodes {
			volumes[name] = samples
		}
		text, err := json.Marshal(volumes)
		if err != nil {
			return nil, fmt.Errorf("encoding the nodes with samples: %w", err)
		}
		pairs = append(pairs, "TF_VAR_sample_volumes="+string(text))
	}
	for variable, reference := range i.OwnImages {
		pairs = append(pairs, "TF_VAR_"+variable+"="+reference)
	}
	return pairs, nil
}

func (i Inputs) configFile() string { return filepath.Join(i.State, "terraform.rc") }
func (i Inputs) dataDir() string    { return filepath.Join(i.State, "terraform") }

// Configure writes the CLI configuration file that names the provider mirror. After
// that, everything that the variables of Environment refer to exists.
func Configure(i Inputs) error {
	if err := os.MkdirAll(i.dataDir(), 0o700); err != nil {
		return fmt.Errorf("creating the folder of Terraform's data: %w", err)
	}
	configuration := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", i.Mirror)
	if err := os.WriteFile(i.configFile(), []byte(configuration), 0o644); err != nil {
		return fmt.Errorf("writing Terraform's configuration: %w", err)
	}
	return nil
}

// Init initialises the root configuration in dir, unless that was done before
// with the same providers and the same configuration.
func Init(ctx context.Context, run command.Runner, dir string, i Inputs) error {
	sources, err := artefact.Tree(filepath.Join(dir, "..", ".."), isNotConfiguration, ".")
	if err != nil {
		return fmt.Errorf("reading the Terraform configuration: %w", err)
	}
	stamp, stampFile := artefact.Key(i.Mirror, dir, sources), filepath.Join(i.dataDir(), "initialised")
	if previous, err := os.ReadFile(stampFile); err == nil && string(previous) == stamp {
		return nil
	}
	// The stamp must not survive a failed initialisation.
	if err := os.RemoveAll(stampFile); err != nil {
		return fmt.Errorf("removing the stamp of the previous initialisation: %w", err)
	}
	// The providers come from the mirror, whose content is checked against its
	// manifest. A lock file from other builds would only reject them.
	if err := os.Remove(filepath.Join(dir, ".terraform.lock.hcl")); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("removing the lock file: %w", err)
	}
	if err := run.In(dir).Run(ctx, "terraform", "init", "-input=false", "-no-color", "-reconfigure"); err != nil {
		return fmt.Errorf("initialising Terraform: %w", err)
	}
	if err := os.WriteFile(stampFile, []byte(stamp), 0o644); err != nil {
		return fmt.Errorf("writing the stamp of the initialisation: %w", err)
	}
	return nil
}

// isNotConfiguration reports whether a file cannot require another initialisation.
func isNotConfiguration(path string) bool { return filepath.Ext(path) != ".tf" }

// Apply applies the root configuration. Progress gets a line per resource; the
// returned summary is Terraform's own.
func Apply(ctx context.Context, run command.Runner, dir string, progress func(string)) (summary string, err error) {
	done := 0
	err = run.In(dir).Lines(ctx, func(line string) {
		switch {
		case strings.HasPrefix(line, "Apply complete!"), strings.HasPrefix(line, "No changes."):
			summary = line
		case strings.Contains(line, ": Creation complete"), strings.Contains(line, ": Modifications complete"), strings.Contains(line, ": Destruction complete"):
			done++
			progress(fmt.Sprintf("%d resources, last %s", done, line[:strings.Index(line, ":")]))
		case strings.Contains(line, ": Still creating"):
			progress(fmt.Sprintf("%d resources, waiting for %s", done, line[:strings.Index(line, ":")]))
		}
	}, "terraform", "apply", "-auto-approve", "-input=false", "-no-color")
	if err != nil {
		return "", fmt.Errorf("applying the Terraform configuration: %w", err)
	}
	return summary, nil
}

// Namespaces returns the namespaces of the applied configuration.
func Namespaces(ctx context.Context, run command.Runner, dir string) ([]string, error) {
	text, err := run.In(dir).Output(ctx, "terraform", "output", "-json", "namespaces")
	if err != nil {
		return nil, fmt.Errorf("asking Terraform for the namespaces of the environment: %w", err)
	}
	var namespaces []string
	if err := json.Unmarshal([]byte(text), &namespaces); err != nil {
		return nil, fmt.Errorf("reading the namespaces of the environment: %w", err)
	}
	return namespaces, nil
}
