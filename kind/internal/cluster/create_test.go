// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// The node of a cluster that did not come up is retained and holds its ports; the
// next run replaces it only if there is a record of it.
func TestCreateRemembersAClusterThatDidNotComeUp(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kind"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Name: "demo", State: filepath.Join(dir, "state"), Run: command.Runner{Env: []string{"PATH=" + dir}}}
	want := Record{Source: "build", Engine: "podman", Nodes: 3, NodeFailure: "fast", HTTPPort: 8081}
	if err := c.Create(t.Context(), want, nil); err == nil {
		t.Fatal("kind failed, and Create returned no error")
	}
	got, err := ReadRecord(c.State)
	if err != nil || got != want {
		t.Errorf("record is %+v, %v; want %+v", got, err, want)
	}
	// Pulled or built, the node keeps traffic to addresses without a pod inside.
	configuration, err := os.ReadFile(filepath.Join(c.State, "kind.yaml"))
	if err != nil || !strings.Contains(string(configuration), addressesFile) {
		t.Errorf("the node does not get its routes (%v):\n%s", err, configuration)
	}
}
