// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// engine returns a node whose engine is a shell script.
func engine(t *testing.T, script string) Node {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	n, err := New(path, "demo-control-plane")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNewNeedsAnEnvironmentThatIsUp(t *testing.T) {
	for _, pair := range [][2]string{{"", "demo"}, {"podman", ""}} {
		if _, err := New(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), "make up") {
			t.Errorf("New(%q, %q) says %v, want the remedy", pair[0], pair[1], err)
		}
	}
}

func TestExecRunsInTheNode(t *testing.T) {
	out, err := engine(t, `echo "$@"`).Exec(t.Context(), "ctr", "version")
	if err != nil || out != "exec demo-control-plane ctr version\n" {
		t.Errorf("got %q and error %v", out, err)
	}
}

func TestKillTakesTheIDOfAPodsStatus(t *testing.T) {
	n := engine(t, `echo "$@" >&2; exit 1`)
	err := n.Kill(t.Context(), "containerd://0123")
	if err == nil || !strings.Contains(err.Error(), "exec demo-control-plane ctr --namespace=k8s.io tasks kill --signal SIGKILL 0123") {
		t.Errorf("error is %v, want one with the command and what it printed", err)
	}
	if err := n.Kill(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "containerd://<id>") {
		t.Errorf("error is %v, want one that names the form of an ID", err)
	}
}

func TestProcess(t *testing.T) {
	n := engine(t, `printf 'TASK    PID     STATUS\n0123    815     RUNNING\n01234   816     RUNNING\n'`)
	if pid, err := n.Process(t.Context(), "containerd://01234"); err != nil || pid != 816 {
		t.Errorf("process is %d, error %v, want 816", pid, err)
	}
	if _, err := n.Process(t.Context(), "containerd://999"); err == nil || !strings.Contains(err.Error(), "999") {
		t.Errorf("error is %v, want one that names the container", err)
	}
}

func TestAnInterruptIsTheError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := engine(t, `exit 0`).Start(ctx); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error is %v, want that of the context", err)
	}
}
