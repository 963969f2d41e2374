// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStepShowsPlaceAndRest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "timings.json")
	history := OpenHistory(path)
	history.Record("images|cold", 90*time.Second)
	history.Record("cluster", 30*time.Second)

	var out bytes.Buffer
	r := New(&out, OpenHistory(path), []string{"images|cold", "cluster"})
	err := r.Step(func() error { r.Detail("%d of %d", 3, 3); return nil })
	if err != nil {
		t.Fatal(err)
	}
	failure := errors.New("boom")
	if err := r.Step(func() error { return failure }); !errors.Is(err, failure) || !strings.Contains(err.Error(), "step 2 of 2, cluster") {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{"[1/2] images (about 2 min 00 s left in all)", "3 of 3", "[2/2] cluster (about 30 s left in all)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
	if got := OpenHistory(path).Get("cluster"); got != 30*time.Second {
		t.Errorf("a failed step changed its history to %v", got)
	}
}

func TestHistorySurvivesDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "timings.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := OpenHistory(path)
	if got := h.Get("x"); got != 0 {
		t.Errorf("got %v", got)
	}
	h.Record("x", time.Minute)
	if got := OpenHistory(path).Get("x"); got != time.Minute {
		t.Errorf("got %v", got)
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		400 * time.Millisecond: "0.4 s", 12 * time.Second: "12 s", 185 * time.Second: "3 min 05 s", time.Hour: "60 min 00 s",
	} {
		if got := Short(d); got != want {
			t.Errorf("Short(%v) is %q, want %q", d, got, want)
		}
	}
}
