// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// chartsDir returns the directory with the copies of the charts.
func chartsDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("UPSTREAM_CHARTS")
	if dir == "" {
		t.Skip("UPSTREAM_CHARTS is not set: it must name a directory with copies of the charts " +
			"nginx-ingress, nginx-gateway-fabric, kube-prometheus-stack (with its dependencies) and prometheus-adapter")
	}
	if !filepath.IsAbs(dir) {
		t.Fatalf("UPSTREAM_CHARTS=%q: use an absolute path", dir)
	}
	return dir
}

// release is what a module passes to Helm.
type release struct {
	name, namespace, version string
	values                   map[string]any
}

// planned returns the release that Terraform plans at an address of a module, with the
// given variables in HCL. Providers are mocks, so no cluster is needed.
func planned(t *testing.T, module, address, variables string) release {
	t.Helper()
	modules := t.TempDir() // with all modules, because they call each other
	if err := os.CopyFS(modules, os.DirFS(filepath.Join("..", "modules"))); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(modules, module)
	if err := os.RemoveAll(filepath.Join(dir, "tests")); err != nil {
		t.Fatal(err)
	}
	test := fmt.Sprintf("mock_provider \"helm\" {}\nmock_provider \"kubernetes\" {}\nvariables {\n%s\n}\nrun \"plan\" {\n  command = plan\n}\n", variables)
	if err := os.WriteFile(filepath.Join(dir, "plan.tftest.hcl"), []byte(test), 0o644); err != nil {
		t.Fatal(err)
	}
	terraform(t, dir, "init", "-backend=false", "-input=false")
	return find(t, terraform(t, dir, "test", "-verbose", "-json"), address)
}

// terraform runs Terraform without the settings for a root configuration.
func terraform(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "terraform", args...)
	cmd.Dir = dir
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TF_VAR_") && !strings.HasPrefix(pair, "TF_CLI_ARGS") && !strings.HasPrefix(pair, "TF_DATA_DIR=") {
			cmd.Env = append(cmd.Env, pair)
		}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, stderr.Bytes())
	}
	return out
}

// find reads one release from the messages of terraform test.
func find(t *testing.T, messages []byte, address string) release {
	t.Helper()
	type change struct {
		Address string
		Change  struct {
			After struct {
				Name, Namespace, Version string
				Values                   []string
			}
		}
	}
	lines := bufio.NewScanner(bytes.NewReader(messages))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var message struct {
			Plan struct {
				Changes []change `json:"resource_changes"`
			} `json:"test_plan"`
		}
		if err := json.Unmarshal(lines.Bytes(), &message); err != nil {
			t.Fatal(err)
		}
		for _, c := range message.Plan.Changes {
			if c.Address != address {
				continue
			}
			after := c.Change.After
			r := release{name: after.Name, namespace: after.Namespace, version: after.Version}
			if err := yaml.Unmarshal([]byte(after.Values[0]), &r.values); err != nil {
				t.Fatalf("the values of %s: %v", address, err)
			}
			return r
		}
	}
	t.Fatalf("Terraform plans no %s:\n%s", address, messages)
	return release{}
}
