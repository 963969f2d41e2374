// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// script returns a tool that is a shell script; "$0" is the first argument.
func script(t *testing.T, text string, log *bytes.Buffer) Tool {
	t.Helper()
	return Tool{Root: t.TempDir(), Command: []string{"sh", "-c", text}, Environ: os.Environ(), Log: log}
}

func TestToolPassesArgumentsAndEnvironment(t *testing.T) {
	var log bytes.Buffer
	tool := script(t, `echo "$0 $1 in $CLUSTER"`, &log).With("CLUSTER=first").With("CLUSTER=second")
	if err := tool.Up(t.Context(), "--no-apply"); err != nil {
		t.Fatal(err)
	}
	if got, want := log.String(), "up --no-apply in second\n"; got != want {
		t.Errorf("the tool saw %q, want %q", got, want)
	}
}

func TestToolWithLeavesTheOriginalAlone(t *testing.T) {
	base := Tool{Environ: slices.Grow([]string{"A=1"}, 4)}
	one, two := base.With("B=1"), base.With("B=2")
	if one.Environ[1] != "B=1" || two.Environ[1] != "B=2" || len(base.Environ) != 1 {
		t.Errorf("environments share memory: %q, %q, %q", base.Environ, one.Environ, two.Environ)
	}
}

func TestDescribeReadsOnlyStandardOutput(t *testing.T) {
	var log bytes.Buffer
	tool := script(t, `echo progress >&2; cat <<'END'
`+complete+`
END`, &log)
	e, err := tool.Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.Cluster != "demo" {
		t.Errorf("cluster is %q, want %q", e.Cluster, "demo")
	}
	if log.String() != "progress\n" {
		t.Errorf("log is %q, want the progress line", log.String())
	}
}

func TestToolFailureNamesTheCommand(t *testing.T) {
	var log bytes.Buffer
	err := script(t, `exit 3`, &log).Down(t.Context())
	if err == nil || !strings.Contains(err.Error(), "down: exit status 3") {
		t.Errorf("error is %v, want one that names the command and its exit status", err)
	}
}

// The script's child holds the standard output open: without the signal to the whole
// group, Run would wait for it until the grace period is over. It ends by itself later,
// so that a failure of this test leaves nothing running.
func TestToolIsInterruptedWithItsChildren(t *testing.T) {
	cause := errors.New("no time left")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	marks := t.TempDir()
	tool := Tool{
		Root:    marks,
		Command: []string{"sh", "-c", `trap : INT; sh -c 'trap "echo got it >interrupted; exit 1" INT; echo started; i=0; while [ $i -lt 2000 ]; do sleep 0.02; i=$((i+1)); done'`},
		Environ: os.Environ(),
		Log:     onWrite(func() { cancel(cause) }),
	}
	err := tool.Up(ctx)
	if !errors.Is(err, cause) {
		t.Errorf("error is %v, want it to carry the cause %q", err, cause)
	}
	if _, err := os.Stat(filepath.Join(marks, "interrupted")); err != nil {
		t.Errorf("the tool's child was not interrupted: %v", err)
	}
}

type onWrite func()

func (f onWrite) Write(p []byte) (int, error) { f(); return len(p), nil }

func TestRoot(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := Root(here)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(here, "..", ".."); root != want {
		t.Errorf("root is %q, want %q", root, want)
	}
	if root, err := Root(t.TempDir()); err == nil {
		t.Errorf("a folder outside any checkout has the root %q, want an error", root)
	}
}

func TestFreePorts(t *testing.T) {
	const n = 3
	first, err := FreePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	if !rowIsFree(first, n) {
		t.Fatalf("ports %d to %d are not free", first, first+n-1)
	}
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		if rowIsFree(first, n) {
			t.Errorf("port %d has a listener, but the row from %d on counts as free", port, first)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
