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
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Terraform starts a load of three pods, and one command merges their results: every
// request that was due in the three processes, all of them successful, as many as
// the application has counted and NGINX has logged. A rate of half the target scales
// nothing, so the counters of the existing pods are complete.
func TestLoadFromTheCluster(t *testing.T) {
	const (
		pods    = 3
		length  = 20 * time.Second
		meeting = budget.PodStart * 2
	)
	s := suite.Start(t, suite.Shared.Budget.Quiet()+2*budget.TerraformApply+meeting+length+4*budget.Answer)
	alone := s.AwaitQuiet().Pods
	path := fmt.Sprintf("/heavywork?run=%d", time.Now().UnixNano()) // also makes it another run
	logged := s.FollowAccessLog(path)
	before := s.Counted(alone)

	load := fmt.Sprintf("constant:rate=%g,duration=%v", suite.Shared.Budget.Alone(0.5), length.Seconds())
	o := suite.Options(s.Env)
	// The other variables of the plan come from the environment. This one adds the
	// load.
	withLoad := *o
	withLoad.Vars = map[string]any{"loadgen": map[string]any{"path": path, "profile": load, "pods": pods, "seed": suite.Seed}}
	t.Cleanup(func() { terraform.Apply(t, o) }) // removes the load
	terraform.Apply(t, &withLoad)

	merged := clusterResults(s, meeting+length)
	want := arrivals(t, load, pods)
	if got := merged.Requests.Offered; got != want || merged.Requests.Sent != want {
		t.Errorf("%d requests were due and %d sent, want the %d that the %d processes have", got, merged.Requests.Sent, want, pods)
	}
	if merged.Run.Generators != pods {
		t.Errorf("the result has %d generators, want %d", merged.Run.Generators, pods)
	}
	for _, part := range merged.Run.Parts {
		if !part.StartedAt.Equal(merged.Run.StartedAt) {
			t.Errorf("a pod started at %s, another at %s, want one moment", part.StartedAt, merged.Run.StartedAt)
		}
	}
	if r := merged.Requests; r.Succeeded != r.Sent || merged.Statuses[202] != r.Sent {
		t.Errorf("of %d requests %d succeeded, answers by status %v, errors %v: want all with 202", r.Sent, r.Succeeded, merged.Statuses, merged.Errors)
	}
	if moved := int64(s.Counted(alone) - before); moved != merged.Requests.Succeeded {
		t.Errorf("%s moved by %d, want the %d requests that succeeded", suite.CounterName, moved, merged.Requests.Succeeded)
	}
	ctx, cancel := context.WithTimeout(s.Ctx, budget.Answer)
	defer cancel()
	if lines, err := logged.Await(ctx, 202, merged.Requests.Succeeded); err != nil || len(lines) != 1 || lines[202] != merged.Requests.Succeeded {
		t.Errorf("NGINX has logged %v, error %v; want %d requests with 202 and no others", lines, err, merged.Requests.Succeeded)
	}
}

// clusterResults runs the command that a user would run, and reads what it wrote.
func clusterResults(s *suite.Suite, limit time.Duration) *result.Document {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.Ctx, limit)
	defer cancel()
	dir := s.T.TempDir()
	out, report := filepath.Join(dir, "load.json"), filepath.Join(dir, "load.html")
	command := exec.CommandContext(ctx, "loadgen", "cluster", "results", "--namespace", suite.AppNamespace, "--out", out, "--report", report)
	output, err := command.CombinedOutput()
	s.T.Logf("%s\n%s", command, output)
	if err != nil {
		s.T.Fatalf("%s: %v", command, err)
	}
	file, err := os.Open(out)
	if err != nil {
		s.T.Fatal(err)
	}
	defer file.Close()
	document, err := result.Read(file)
	if err != nil {
		s.T.Fatal(err)
	}
	if info, err := os.Stat(report); err != nil || info.Size() == 0 {
		s.T.Errorf("the report is not there: %v", err)
	}
	return document
}

// arrivals counts the requests of all pods together, as the seed determines them.
func arrivals(t *testing.T, load string, pods int) (total int64) {
	t.Helper()
	whole, err := schedule.Parse(load)
	if err != nil {
		t.Fatal(err)
	}
	for index := range pods {
		part, err := schedule.NewPoisson(whole.Scale(1/float64(pods)), whole.Duration(), schedule.PartSeed(suite.Seed, index))
		if err != nil {
			t.Fatal(err)
		}
		for range part.Arrivals() {
			total++
		}
	}
	return total
}
