// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// stub puts programs on a PATH of their own. A program fails when its first
// argument is one of those listed for it.
func stub(t *testing.T, programs map[string][]string) command.Runner {
	t.Helper()
	dir := t.TempDir()
	for name, failing := range programs {
		script := "#!/bin/sh\ncase \"$1\" in\n"
		for _, argument := range failing {
			script += fmt.Sprintf("%s) echo \"%s %s fails\" >&2; exit 1;;\n", argument, name, argument)
		}
		script += "esac\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return command.Runner{Env: []string{"PATH=" + dir}}
}

func TestFindTakesWhatReallyWorks(t *testing.T) {
	// With runc next to the engines, the search does not install it.
	works := []string(nil)
	tests := map[string]struct {
		programs map[string][]string
		want     string // engine asked for
		engine   string // engine found
		failure  []string
	}{
		"docker works":                    {map[string][]string{"docker": works, "podman": works, "runc": works}, "", "docker", nil},
		"docker is only a client":         {map[string][]string{"docker": {"info"}, "podman": works, "runc": works}, "", "podman", nil},
		"docker refuses to be privileged": {map[string][]string{"docker": {"run"}, "podman": works, "runc": works}, "", "podman", nil},
		"podman asked for":                {map[string][]string{"docker": works, "podman": works, "runc": works}, "podman", "podman", nil},
		"docker asked for and broken":     {map[string][]string{"docker": {"run"}, "podman": works, "runc": works}, "docker", "", []string{"docker cannot start a privileged container", "docker run fails"}},
		"neither works":                   {map[string][]string{"docker": {"info"}, "podman": {"run"}, "runc": works}, "", "", []string{"docker does not answer", "podman cannot start", "start Docker, or install podman"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			found, err := Find(t.Context(), stub(t, test.programs), Options{
				Want: test.want, Dir: t.TempDir(), Probe: Probe{Archive: "probe.tar", Image: "probe", Arguments: []string{"-probe", "0"}}, Say: t.Logf,
			})
			if test.engine != "" {
				if err != nil || found.Name != test.engine {
					t.Errorf("found %v, %v; want %s", found, err, test.engine)
				}
				return
			}
			if err == nil {
				t.Fatalf("found %s", found.Name)
			}
			for _, part := range test.failure {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error lacks %q:\n%v", part, err)
				}
			}
		})
	}
}

func TestPodmanStaysBelowTheHardLimit(t *testing.T) {
	dir := t.TempDir()
	podman, err := newPodman(command.Runner{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "containers.conf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), `default_ulimits = ["nofile=`) {
		t.Errorf("configuration is\n%s", data)
	}
	environment := strings.Join(podman.Run.Env, "\n")
	for _, want := range []string{"KIND_EXPERIMENTAL_PROVIDER=podman", "CONTAINERS_CONF=" + dir} {
		if !strings.Contains(environment, want) {
			t.Errorf("environment lacks %q:\n%s", want, environment)
		}
	}
}

// A failed removal is an error: an image that stays takes a gigabyte.
func TestRemoveImage(t *testing.T) {
	for name, tt := range map[string]struct {
		script string
		fails  bool
	}{
		"there":            {`exit 0`, false},
		"not there":        {`exit 1`, false},
		"there and in use": {`[ "$2" = inspect ]`, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			e := &Engine{Name: "docker", Run: command.Runner{Env: []string{"PATH=" + dir}}}
			if err := e.RemoveImage(t.Context(), "example.org/node:v1"); (err != nil) != tt.fails {
				t.Errorf("got %v", err)
			}
		})
	}
}
