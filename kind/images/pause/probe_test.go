// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"syscall"
	"testing"
)

func TestProbe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("containers run on Linux only")
	}
	// A limit to run into, without taking instances from other programs.
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files) }()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 32, Max: files.Max}); err != nil {
		t.Fatal(err)
	}
	for _, asked := range []int{0, 1, 64} {
		var out bytes.Buffer
		if err := probe(&out, asked); err != nil {
			t.Fatal(err)
		}
		var s seen
		if err := json.Unmarshal(out.Bytes(), &s); err != nil {
			t.Fatalf("%v in %s", err, out.String())
		}
		if s.Disk == 0 || s.Watches == 0 || s.Instances > asked {
			t.Errorf("asked for %d, got %+v", asked, s)
		}
		if enough := s.Instances == asked; enough != (asked <= 1) {
			t.Errorf("asked for %d instances, got %d", asked, s.Instances)
		}
	}
	// The probe released its instances.
	if inotifyInstances(1) != 1 {
		t.Error("no instance is left")
	}
}
