// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// terraformRun is a folder in which Terraform runs with the provider of this process.
type terraformRun struct {
	dir string
	env []string
}

// diagnostic is what Terraform reports, as far as it matters here.
type diagnostic struct {
	Severity, Summary, Detail string
	Range                     struct{ Filename string }
}

// newTerraformRun serves the provider until the test ends and writes the files of a configuration.
func newTerraformRun(t *testing.T, files map[string]string) *terraformRun {
	t.Helper()
	return newRunWith(t, files, "promadapter")
}

// newRunWith is newTerraformRun with the provider under several names, each of which is a provider of its own to Terraform.
func newRunWith(t *testing.T, files map[string]string, providers ...string) *terraformRun {
	t.Helper()
	r := &terraformRun{dir: t.TempDir()}
	for name, text := range files {
		file := filepath.Join(r.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	attach := map[string]any{}
	for _, name := range providers {
		served := serve(t)
		attach["registry.terraform.io/hashicorp/"+name], attach["registry.opentofu.org/hashicorp/"+name] = served, served
	}
	text, err := json.Marshal(attach)
	if err != nil {
		t.Fatal(err)
	}
	r.env = append(os.Environ(), "TF_REATTACH_PROVIDERS="+string(text), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return r
}

// serve serves the provider until the test ends and returns where Terraform finds it.
func serve(t *testing.T) any {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan *plugin.ReattachConfig), make(chan struct{})
	factory := providerserver.NewProtocol6(&PromadapterProvider{version: "test", getenv: func(string) string { return "" }})
	go func() {
		err := tf6server.Serve("promadapter", func() tfprotov6.ProviderServer { return factory() },
			tf6server.WithDebug(ctx, started, ended), tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithLoggingSink(t), tf6server.WithoutLogStderrOverride())
		if err != nil {
			t.Errorf("serving the provider: %v", err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	config := <-started
	type address struct{ Network, String string }
	return map[string]any{
		"Protocol": string(config.Protocol), "ProtocolVersion": 6, "Pid": config.Pid, "Test": true,
		"Addr": address{config.Addr.Network(), config.Addr.String()},
	}
}

// runEach validates or plans several configurations in one run of Terraform. Each is a module with its own provider. It returns the
// diagnostics by the name of the configuration.
func runEach(t *testing.T, run func(*terraformRun, *testing.T) []diagnostic, configs map[string]string) map[string][]diagnostic {
	t.Helper()
	files, names, modules := map[string]string{}, map[string]string{}, []string{}
	for name, config := range configs {
		module := fmt.Sprintf("case%d", len(modules))
		modules, names[module] = append(modules, module), name
		files["main.tf"] += fmt.Sprintf("module %[1]q {\n  source = \"./%[1]s\"\n}\n", module)
		files[module+"/main.tf"] = config
		files[module+"/providers.tf"] = fmt.Sprintf("terraform {\n  required_providers {\n    promadapter = { source = \"hashicorp/%s\" }\n  }\n}\n", module)
	}
	r := newRunWith(t, files, modules...)
	r.run(t, "get")
	found := map[string][]diagnostic{}
	for _, d := range run(r, t) {
		name, ok := names[filepath.Dir(d.Range.Filename)]
		if !ok {
			t.Errorf("not about any of the configurations: %+v", d)
		}
		found[name] = append(found[name], d)
	}
	return found
}

// run runs a command of Terraform and returns what it prints. A failure of the command is not an error here.
func (r *terraformRun) run(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv("TF_ACC_TERRAFORM_PATH"), args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("%s printed nothing: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

// validate returns the diagnostics of terraform validate.
func (r *terraformRun) validate(t *testing.T) []diagnostic {
	t.Helper()
	out := r.run(t, "validate", "-json")
	var result struct{ Diagnostics []diagnostic }
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	return result.Diagnostics
}

// plan returns the diagnostics of terraform plan.
func (r *terraformRun) plan(t *testing.T) []diagnostic {
	t.Helper()
	var found []diagnostic
	for line := range bytes.Lines(r.run(t, "plan", "-json", "-input=false")) {
		var event struct {
			Type       string
			Diagnostic diagnostic
		}
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if event.Type == "diagnostic" {
			found = append(found, event.Diagnostic)
		}
	}
	return found
}
