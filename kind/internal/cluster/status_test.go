// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
)

func TestStatusSeesThroughAnEngineThatBelievesInTheDead(t *testing.T) {
	alive := strconv.Itoa(os.Getpid())
	tests := map[string]struct {
		id, state string // what the engine says
		kubectl   string // how the API server answers
		want      Status
	}{
		"no container":           {"", "", "exit 0", Absent},
		"running":                {"c0ffee", "true " + alive, "exit 0", Running},
		"stopped":                {"c0ffee", "false 0", "exit 0", Dead},
		"process is gone":        {"c0ffee", "true 4194304999", "exit 0", Dead},
		"engine says no process": {"c0ffee", "true 0", "exit 0", Dead},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name, script string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			write("podman", "case $1 in ps) echo "+test.id+";; inspect) echo "+test.state+";; esac")
			write("kubectl", test.kubectl)
			run := command.Runner{Env: []string{"PATH=" + dir}}
			c := &Cluster{Name: "demo", State: dir, Engine: &engine.Engine{Name: "podman", Run: run}, Run: run}
			got, err := c.Status(t.Context())
			if err != nil || got != test.want {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
		})
	}
}
