// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
)

// Compiling for half an hour is for machines that no registry answers, and not
// for one that refuses.
func TestChoose(t *testing.T) {
	busy := errors.New("docker.io answers 429 Too Many Requests")
	for name, tt := range map[string]struct {
		answers supply.Answers
		want    settings.Source
		says    string // part of the reason, or of the error where nothing is chosen
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

// What make env has exported is about a cluster, and must not decide what is
// pulled for the next one.
func TestPersonsOwnEnvironment(t *testing.T) {
	e := &environment{
		Settings: settings.Settings{State: "/s/project/hpa"},
		environ:  []string{"HOME=/h", "PATH=/s/project/hpa/bin:/usr/bin:/s/project/other/bin", "TF_CLI_CONFIG_FILE=/s/project/hpa/terraform.rc"},
	}
	path, environ := e.personsOwn()
	if path != "/usr/bin" || !slices.Equal(environ, []string{"HOME=/h"}) {
		t.Errorf("got %q and %q", path, environ)
	}
	e.environ[2] = "TF_CLI_CONFIG_FILE=/h/company.rc"
	if _, environ := e.personsOwn(); !slices.Contains(environ, e.environ[2]) {
		t.Errorf("the person's own configuration is gone: %q", environ)
	}
}

func TestProviderRegistry(t *testing.T) {
	home := t.TempDir()
	e := &environment{terraform: "/usr/bin/terraform", run: command.Runner{Env: []string{"HOME=" + home}}}
	if got := e.providerRegistry(); got != "registry.terraform.io" {
		t.Errorf("terraform asks %q", got)
	}
	for _, program := range []string{"/usr/bin/tofu", ""} { // the second is the one made here
		e.terraform = program
		if got := e.providerRegistry(); got != "registry.opentofu.org" {
			t.Errorf("%q asks %q", program, got)
		}
	}
	if err := os.WriteFile(filepath.Join(home, ".tofurc"), []byte("provider_installation {\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := e.providerRegistry(); got != "" {
		t.Errorf("a person's own mirror is passed by: %q is asked", got)
	}
}
