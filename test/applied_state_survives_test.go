// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/gruntwork-io/terratest/modules/terraform"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// released is the commit of the last released configuration, which existing
// clusters may have applied.
const released = "c8906e0d40c0afce76d5ba21db02e79e91d54dd8"

// applyOverReleased applies the released configuration to an empty cluster, with
// the images, charts and settings of today, and then today's over it, under
// load: nothing may be destroyed or replaced, and no request lost.
func applyOverReleased(t *testing.T, ctx context.Context, env environment.Environment, client kubernetes.Interface) {
	t.Helper()
	old := suite.Options(env)
	old.TerraformDir = releasedConfiguration(t, ctx)
	terraform.InitAndApply(t, old)

	s := &suite.Suite{T: t, Ctx: ctx, Env: env, Client: client}
	s.Until(budget.Settling, "until the released configuration answers", s.AskIngress)
	load := startMixed(s, "/lightwork", 20, 20, budget.TerraformPlan+budget.TerraformApply+budget.Settling, 1)

	today := suite.Options(env)
	today.PlanFilePath = filepath.Join(t.TempDir(), "plan")
	terraform.InitAndPlan(t, today)
	quiet := *today
	quiet.Logger = logger.Discard // thousands of characters in one line
	if destroyed := destroys(terraform.ShowWithStruct(t, &quiet)); len(destroyed) > 0 {
		t.Fatalf("today's configuration destroys or replaces what %s has applied: %q", released, destroyed)
	}
	terraform.Apply(t, today)
	settlingCtx, settled := context.WithTimeout(ctx, budget.Settling)
	defer settled()
	if err := observe.AwaitSettled(settlingCtx, client); err != nil {
		t.Fatal(err)
	}
	sent, lost := load.stop()
	t.Logf("%d requests while today's configuration was applied over that of %s, %d lost", sent, released, lost)
}

// releasedConfiguration extracts the released configuration and its modules into a
// temporary folder, and returns the path of the root configuration.
func releasedConfiguration(t *testing.T, ctx context.Context) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		command := exec.CommandContext(ctx, "git", args...)
		command.Dir = suite.Shared.Tool.Root
		return command.CombinedOutput()
	}
	if out, err := git("cat-file", "-e", released+"^{commit}"); err != nil {
		t.Fatalf("the last released configuration, commit %s, is not in this clone: get it with `git fetch --unshallow`: %v: %s", released, err, out)
	}
	dir := t.TempDir()
	archive := filepath.Join(dir, "released.tar")
	if out, err := git("archive", "--output="+archive, released, "terraform", "app/chart", "loadgen/chart", "loadgen/result/schema.json"); err != nil {
		t.Fatalf("git archive %s: %v: %s", released, err, out)
	}
	if out, err := exec.CommandContext(ctx, "tar", "-xf", archive, "-C", dir).CombinedOutput(); err != nil {
		t.Fatalf("unpacking %s: %v: %s", archive, err, out)
	}
	root := filepath.Join(dir, "terraform", "environments", "kind")
	if _, err := os.Stat(root); err != nil {
		t.Fatal(err)
	}
	return root
}

// destroys lists what a plan would destroy, including what it would replace.
func destroys(plan *terraform.PlanStruct) (addresses []string) {
	for address, change := range plan.ResourceChangesMap {
		if slices.Contains(change.Change.Actions, "delete") {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	return addresses
}

func TestPlanThatReplacesDestroys(t *testing.T) {
	plan, err := terraform.ParsePlanJSON(`{"format_version":"1.2","resource_changes":[
		{"address":"kept","change":{"actions":["no-op"]}}, {"address":"changed","change":{"actions":["update"]}},
		{"address":"gone","change":{"actions":["delete"]}}, {"address":"made","change":{"actions":["create"]}},
		{"address":"replaced","change":{"actions":["delete","create"]}}, {"address":"swapped","change":{"actions":["create","delete"]}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := destroys(plan), []string{"gone", "replaced", "swapped"}; !slices.Equal(got, want) {
		t.Errorf("the plan destroys %q, want %q", got, want)
	}
}
