// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/faultlog"
)

func TestTheTableIsOfTheRecords(t *testing.T) {
	folder := t.TempDir()
	if _, err := faultlog.Save(folder, faultlog.Record{Fault: "a fault", Test: "TestFault"}); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := benchmark("faults").Run(t.Context(), []string{"-records", folder}, &out, io.Discard); err != nil || !strings.Contains(out.String(), "| a fault |") {
		t.Errorf("error %v, and the table is\n%s", err, &out)
	}
	if err := benchmark("faults").Run(t.Context(), nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-records") {
		t.Errorf("error is %v, want one that names the flag", err)
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark("faults")) }

func TestPageOfNodesFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark("nodes")) }
