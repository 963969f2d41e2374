// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/faultlog"
)

func TestTheTableIsReplacedAndTheTextStays(t *testing.T) {
	dir := t.TempDir()
	page, data := filepath.Join(dir, "page.md"), filepath.Join(dir, "data.json")
	if err := os.WriteFile(page, []byte("before\n"+begin+"\n\nold\n"+end+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := faultlog.Save(filepath.Join(dir, "faults"), faultlog.Record{Fault: "a fault", Test: "TestFault"}); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"-records", filepath.Join(dir, "faults"), "-markdown", page, "-json", data}, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(text); !strings.HasPrefix(s, "before\n") || !strings.HasSuffix(s, end+"\nafter\n") || !strings.Contains(s, "| a fault |") || strings.Contains(s, "old") {
		t.Errorf("the page is\n%s", s)
	}
	if text, err := os.ReadFile(data); err != nil || !strings.Contains(string(text), `"fault": "a fault"`) {
		t.Errorf("the data is %s, error %v", text, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	if err := run(nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-records") {
		t.Errorf("error is %v, want one that names the flag", err)
	}
	if _, err := replace("a page", "table"); err == nil || !strings.Contains(err.Error(), begin) {
		t.Errorf("error is %v, want one that names the marker", err)
	}
}
