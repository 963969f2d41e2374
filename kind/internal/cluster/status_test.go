// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
)

// fake returns a cluster called demo whose engine and tools are shell scripts.
func fake(t *testing.T, nodes int, scripts map[string]string) *Cluster {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := command.Runner{Env: []string{"PATH=" + dir + ":/usr/bin:/bin"}}
	return &Cluster{Name: "demo", Nodes: nodes, State: dir, Engine: &engine.Engine{Name: "podman", Run: run}, Run: run}
}

func TestStatusSeesThroughAnEngineThatBelievesInTheDead(t *testing.T) {
	alive := "true " + strconv.Itoa(os.Getpid())
	tests := map[string]struct {
		nodes   int
		there   map[string]string // state of each container, as the engine reports it
		kubectl string            // script that stands for the API server's response
		want    Status
		stopped []string
	}{
		"no container":           {1, nil, "exit 0", Absent, nil},
		"running":                {1, map[string]string{"demo-control-plane": alive}, "exit 0", Running, nil},
		"stopped":                {1, map[string]string{"demo-control-plane": "false 0"}, "exit 0", Dead, nil},
		"process is gone":        {1, map[string]string{"demo-control-plane": "true 4194304999"}, "exit 0", Dead, nil},
		"engine says no process": {1, map[string]string{"demo-control-plane": "true 0"}, "exit 0", Dead, nil},
		"three nodes":            {3, map[string]string{"demo-control-plane": alive, "demo-worker": alive, "demo-worker2": alive}, "exit 0", Running, nil},
		"a worker is gone":       {3, map[string]string{"demo-control-plane": alive, "demo-worker": alive}, "exit 0", Dead, nil},
		"only a worker is left":  {3, map[string]string{"demo-worker": alive}, "exit 0", Dead, nil},
		"a worker has stopped":   {3, map[string]string{"demo-control-plane": alive, "demo-worker": alive, "demo-worker2": "false 0"}, "exit 0", Running, []string{"demo-worker2"}},
		"the control plane has":  {3, map[string]string{"demo-control-plane": "false 0", "demo-worker": alive, "demo-worker2": alive}, "exit 0", Dead, nil},
		"after the machine went down": {3, map[string]string{"demo-control-plane": "true 4194304999", "demo-worker": "true 4194304998", "demo-worker2": "true 4194304997"},
			"exit 0", Dead, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var names, states strings.Builder
			for node, state := range test.there {
				names.WriteString("echo " + node + "; ")
				states.WriteString(node + ") echo " + state + ";; ")
			}
			c := fake(t, test.nodes, map[string]string{
				"podman":  "case $1 in ps) " + names.String() + ";; inspect) for node; do :; done; case $node in " + states.String() + "esac;; esac",
				"kubectl": test.kubectl,
			})
			if test.there == nil {
				c = fake(t, test.nodes, map[string]string{"podman": "exit 0", "kubectl": test.kubectl})
			}
			got, stopped, err := c.Status(t.Context())
			if err != nil || got != test.want || !slices.Equal(stopped, test.stopped) {
				t.Errorf("got %v, %q and %v; want %v and %q", got, stopped, err, test.want, test.stopped)
			}
		})
	}
}

// A pod may start on any node, so each of them needs the image.
func TestLoadImageGivesItToWhoeverLacksIt(t *testing.T) {
	c := fake(t, 3, map[string]string{
		"podman": "[ $2 = demo-worker ] || echo localhost/app:1", // exec NODE ctr ... : only the first worker lacks it
		"kind":   `echo "$@" >>"${0%/*}/asked"`,
	})
	if err := c.LoadImage(t.Context(), "app.tar", "localhost/app:1"); err != nil {
		t.Fatal(err)
	}
	asked, err := os.ReadFile(filepath.Join(c.State, "asked"))
	if want := "load image-archive app.tar --name demo --nodes demo-worker\n"; err != nil || string(asked) != want {
		t.Errorf("kind was asked for %q (%v), want %q", asked, err, want)
	}
	c = fake(t, 3, map[string]string{"podman": "echo localhost/app:1", "kind": "exit 1"})
	if err := c.LoadImage(t.Context(), "app.tar", "localhost/app:1"); err != nil {
		t.Errorf("every node has the image, but it is loaded again: %v", err)
	}
}

func TestNodeNames(t *testing.T) {
	want := []string{"demo-control-plane", "demo-worker", "demo-worker2", "demo-worker3"}
	for count := 1; count <= len(want); count++ {
		if got := NodeNames("demo", count); !slices.Equal(got, want[:count]) {
			t.Errorf("%d nodes are %q, want %q", count, got, want[:count])
		}
	}
}
