// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// Terraform starts a load of three pods, one command reads what they saw
// together: every request that the three processes had due, and, if none failed,
// as many as the application has counted and NGINX has logged. The rate of half
// the target scales nothing, so that the counter is that of the pods there are.
func TestLoadFromTheCluster(t *testing.T) {
	const (
		pods    = 3
		length  = 20 * time.Second
		meeting = podStart * 2
	)
	s := start(t, shared.budget.quiet()+2*tfApply+meeting+length+4*answer)
	alone := s.awaitQuiet().Pods
	path := fmt.Sprintf("/heavywork?run=%d", time.Now().UnixNano()) // makes another run of it, too
	logged := s.followAccessLog(path)
	before := s.counted(alone)

	load := fmt.Sprintf("constant:rate=%g,duration=%v", shared.budget.alone(0.5), length.Seconds())
	o := options(s.env)
	// What the plan needs is in variables of the environment; this one makes the
	// difference between a cluster that sends load and one that does not.
	withLoad := *o
	withLoad.Vars = map[string]any{"loadgen": map[string]any{"path": path, "profile": load, "pods": pods, "seed": seed}}
	t.Cleanup(func() { terraform.Apply(t, o) }) // without it: the load goes
	terraform.Apply(t, &withLoad)

	merged := s.clusterResults(meeting + length)
	want := arrivals(t, load, pods)
	if got := merged.Requests.Offered; got != want || merged.Requests.Sent != want {
		t.Errorf("%d requests were due and %d sent, want the %d that the %d processes have", got, merged.Requests.Sent, want, pods)
	}
	if merged.Run.Generators != pods {
		t.Errorf("the result is that of %d generators, want %d", merged.Run.Generators, pods)
	}
	for _, part := range merged.Run.Parts {
		if !part.StartedAt.Equal(merged.Run.StartedAt) {
			t.Errorf("a pod started at %s, another at %s, want one moment", part.StartedAt, merged.Run.StartedAt)
		}
	}
	if r := merged.Requests; r.Succeeded != r.Sent || merged.Statuses[202] != r.Sent {
		t.Errorf("of %d requests %d succeeded, answers by status %v, errors %v: want all with 202", r.Sent, r.Succeeded, merged.Statuses, merged.Errors)
	}
	if moved := int64(s.counted(alone) - before); moved != merged.Requests.Succeeded {
		t.Errorf("%s moved by %d, want the %d requests that succeeded", counterName, moved, merged.Requests.Succeeded)
	}
	ctx, cancel := context.WithTimeout(s.ctx, answer)
	defer cancel()
	if lines, err := logged.Await(ctx, 202, merged.Requests.Succeeded); err != nil || len(lines) != 1 || lines[202] != merged.Requests.Succeeded {
		t.Errorf("NGINX has logged %v, error %v; want %d requests with 202 and no others", lines, err, merged.Requests.Succeeded)
	}
}

// clusterResults runs the command that a person would, and reads what it wrote.
func (s *suite) clusterResults(limit time.Duration) *result.Document {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, limit)
	defer cancel()
	dir := s.t.TempDir()
	out, report := filepath.Join(dir, "load.json"), filepath.Join(dir, "load.html")
	command := exec.CommandContext(ctx, "loadgen", "cluster", "results", "--namespace", appNamespace, "--out", out, "--report", report)
	output, err := command.CombinedOutput()
	s.t.Logf("%s\n%s", command, output)
	if err != nil {
		s.t.Fatalf("%s: %v", command, err)
	}
	file, err := os.Open(out)
	if err != nil {
		s.t.Fatal(err)
	}
	defer file.Close()
	document, err := result.Read(file)
	if err != nil {
		s.t.Fatal(err)
	}
	if info, err := os.Stat(report); err != nil || info.Size() == 0 {
		s.t.Errorf("the report is not there: %v", err)
	}
	return document
}

// arrivals counts the requests of all pods together: the seed says which.
func arrivals(t *testing.T, load string, pods int) (total int64) {
	t.Helper()
	whole, err := schedule.Parse(load)
	if err != nil {
		t.Fatal(err)
	}
	for index := range pods {
		part, err := schedule.NewPoisson(whole.Scale(1/float64(pods)), whole.Duration(), schedule.PartSeed(seed, index))
		if err != nil {
			t.Fatal(err)
		}
		for range part.Arrivals() {
			total++
		}
	}
	return total
}
