// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
)

// Half an hour of compiling is right if no registry answers, but not if one refuses.
func TestChoose(t *testing.T) {
	busy := errors.New("docker.io answers 429 Too Many Requests")
	for name, tt := range map[string]struct {
		answers supply.Answers
		want    settings.Source
		says    string // part of the reason, or of the error if nothing is chosen
	}{
		"all serve":           {supply.Answers{Good: []string{"quay.io", "docker.io"}}, settings.SourceRegistry, "every registry answers"},
		"none answers":        {supply.Answers{Problems: []error{errors.New("quay.io: no such host"), busy}}, settings.SourceBuild, "quay.io: no such host"},
		"one of them refuses": {supply.Answers{Good: []string{"quay.io"}, Problems: []error{busy}}, "", "429 Too Many Requests"},
	} {
		t.Run(name, func(t *testing.T) {
			got, reason, err := choose(tt.answers)
			if err != nil {
				reason = err.Error()
			}
			if got != tt.want || (err != nil) != (tt.want == "") || !strings.Contains(reason, tt.says) {
				t.Errorf("got %q, %q and %v; want %q and %q", got, reason, err, tt.want, tt.says)
			}
		})
	}
}

// What make env exported is for one cluster, and must not decide what is pulled for the
// next one.
func TestPersonsOwnEnvironment(t *testing.T) {
	e := &environment{
		Settings: settings.Settings{State: "/s/project/hpa"},
		environ:  []string{"HOME=/h", "PATH=/s/project/hpa/bin:/usr/bin:/s/project/other/bin", "TF_CLI_CONFIG_FILE=/s/project/hpa/terraform.rc", "CONTAINERS_CONF=/s/project/.engine/containers.conf"},
	}
	path, environ := e.personsOwn()
	if path != "/usr/bin" || !slices.Equal(environ, []string{"HOME=/h"}) {
		t.Errorf("got %q and %q", path, environ)
	}
	e.environ[2] = "TF_CLI_CONFIG_FILE=/h/company.rc"
	if _, environ := e.personsOwn(); !slices.Contains(environ, e.environ[2]) {
		t.Errorf("the person's own configuration is missing: %q", environ)
	}
}

func TestProviderRegistry(t *testing.T) {
	home := t.TempDir()
	e := &environment{terraform: "/usr/bin/terraform", run: command.Runner{Env: []string{"HOME=" + home}}}
	if got := e.providerRegistry(); got != "registry.terraform.io" {
		t.Errorf("terraform asks %q", got)
	}
	for _, program := range []string{"/usr/bin/tofu", ""} { // without one, OpenTofu is built
		e.terraform = program
		if got := e.providerRegistry(); got != "registry.opentofu.org" {
			t.Errorf("%q asks %q", program, got)
		}
	}
	if err := os.WriteFile(filepath.Join(home, ".tofurc"), []byte("provider_installation {\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := e.providerRegistry(); got != "" {
		t.Errorf("a person's own mirror is ignored: %q is asked", got)
	}
}

func TestInstalledProgramThatDoesTerraformsWork(t *testing.T) {
	for name, tt := range map[string]struct {
		installed []string
		want      string
	}{
		"none":      {nil, ""},
		"tofu":      {[]string{"tofu"}, "tofu"},
		"terraform": {[]string{"terraform"}, "terraform"},
		"both":      {[]string{"tofu", "terraform"}, "terraform"},
	} {
		t.Run(name, func(t *testing.T) {
			bin, state := t.TempDir(), t.TempDir()
			ours := filepath.Join(state, "hpa", "bin") // on PATH after make env, with an OpenTofu built earlier
			if err := os.MkdirAll(ours, 0o755); err != nil {
				t.Fatal(err)
			}
			program := func(path string) {
				if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			program(filepath.Join(ours, "terraform"))
			for _, name := range tt.installed {
				program(filepath.Join(bin, name))
			}
			goProgram, err := exec.LookPath("go")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(goProgram, filepath.Join(bin, "go")); err != nil {
				t.Fatal(err)
			}
			e := &environment{
				Settings: settings.Settings{Cluster: "hpa", Root: filepath.Join("..", "..", ".."), Cache: t.TempDir(), State: filepath.Join(state, "hpa")},
				environ:  append(os.Environ(), "PATH="+ours+":"+bin),
			}
			if err := e.prepare(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			want := tt.want
			if want != "" {
				want = filepath.Join(bin, want)
			}
			if e.terraform != want {
				t.Errorf("took %q, want %q", e.terraform, want)
			}
		})
	}
}
