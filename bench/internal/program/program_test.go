// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
)

func TestOutput(t *testing.T) {
	dir := t.TempDir()
	got, err := Output(t.Context(), dir, []string{"OF_THE_TEST=yes"}, "sh", "-c", `echo "$OF_THE_TEST in $PWD"`)
	if err != nil || got != "yes in "+dir {
		t.Errorf("it printed %q, error %v", got, err)
	}
	if _, err := Output(t.Context(), "", nil, "sh", "-c", "echo why >&2; exit 3"); err == nil || !strings.Contains(err.Error(), "exit status 3: why") {
		t.Errorf("error %v, want one with what the program said", err)
	}
}

func TestOutputInterrupts(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	go func() {
		defer cancel()
		_ = await.Until(ctx, time.Millisecond, "for the program", func(context.Context) error {
			_, err := os.Stat(filepath.Join(dir, "ready"))
			return err
		})
	}()
	_, err := Output(ctx, dir, nil, "sh", "-c", `trap 'echo interrupted >&2; exit 1' INT; : > ready; while :; do sleep 0.01; done`)
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("error %v, want what the program said of the interrupt", err)
	}
}
