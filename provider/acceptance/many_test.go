// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// manyRules is a configuration with rules acc-<name>-0, acc-<name>-1 and so on.
func manyRules(name string, n int, more ...string) string {
	return strings.NewReplacer(
		fmt.Sprintf(`%q`, prefix+name), fmt.Sprintf("\"%s%s-${count.index}\"\n  count        = %d", prefix, name, n),
		fmt.Sprintf(`%q`, metricOf(name)), fmt.Sprintf("\"%s_${count.index}\"", metricOf(name)),
	).Replace(counterRule(name, more...))
}

// terraformRun runs Terraform; if it fails, it fails the test with its output.
func terraformRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := shared.terraform.Run(t.Context(), dir, append(args, "-no-color")...)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// destroyAfterwards destroys what is in a folder at the end of a test, even if it has failed.
func destroyAfterwards(t *testing.T, dir string) {
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if _, err := shared.terraform.Run(ctx, dir, "destroy", "-auto-approve", "-no-color"); err != nil {
			t.Error(err)
		}
	})
}

// 200 rules in one apply, with Terraform's default parallelism: the adapter is rolled at most twice, or not at all if it reloads its
// rules by itself, every metric is served when the apply ends, and every request to the metrics API meanwhile, one each 50 ms, is
// answered. The same holds when they are destroyed.
func TestAccRules_manyInOneApply(t *testing.T) {
	const n = 200
	c := begin(t)
	before, generation := c.text(t, adapter), c.rollouts(t)
	dir := folder(t, manyRules("many", n))
	destroyAfterwards(t, dir)

	gaps := c.watchForGaps(t)
	began := time.Now()
	terraformRun(t, dir, "apply", "-auto-approve")
	t.Logf("apply of %d rules: %s, %d rollouts", n, time.Since(began).Round(100*time.Millisecond), c.rollouts(t)-generation)
	c.requireRolled(t, generation)
	text := c.text(t, adapter)
	if !strings.HasPrefix(text, before) {
		t.Errorf("what was in the config map before changed to\n%.2000s", text)
	}
	names, err := c.listed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if served := countPrefix(names, metricOf("many")+"_"); served != n {
		t.Errorf("%d metrics are listed when the apply has ended, want %d", served, n)
	}
	for i := range n {
		if !strings.Contains(text, counterTextAt("many", i)) {
			t.Fatalf("rule %d is not in the config map as it should be", i)
		}
	}
	if out := terraformRun(t, dir, "plan", "-detailed-exitcode"); !strings.Contains(out, "No changes") {
		t.Errorf("the second plan is not empty: %.2000s", out)
	}

	generation = c.rollouts(t)
	began = time.Now()
	terraformRun(t, dir, "destroy", "-auto-approve")
	t.Logf("destroy of %d rules: %s, %d rollouts", n, time.Since(began).Round(100*time.Millisecond), c.rollouts(t)-generation)
	c.requireRolled(t, generation)
	if after := c.text(t, adapter); after != before {
		t.Errorf("after destroy the config map holds\n%.2000s", after)
	}
	c.await(t, "the end of the last rollout", c.rolledOut)
	gaps.end(t)
}

// Two Terraform processes that do not know of each other write 25 rules each at the same time, and remove them again.
func TestAccRules_twoProcesses(t *testing.T) {
	const each = 25
	c := begin(t)
	before, generation := c.text(t, adapter), c.rollouts(t)
	names := []string{"left", "right"}
	dirs := map[string]string{}
	for _, name := range names {
		dirs[name] = folder(t, manyRules(name, each))
		destroyAfterwards(t, dirs[name])
	}
	both := func(args ...string) {
		t.Helper()
		group, ctx := errgroup.WithContext(t.Context())
		for _, name := range names {
			group.Go(func() error {
				_, err := shared.terraform.Run(ctx, dirs[name], append(args, "-auto-approve", "-no-color", "-parallelism=25")...)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}

	gaps := c.watchForGaps(t)
	both("apply")
	t.Logf("%d rollouts for two processes", c.rollouts(t)-generation)
	text := c.text(t, adapter)
	if !strings.HasPrefix(text, before) {
		t.Errorf("what was in the config map before changed to\n%s", text)
	}
	served, err := c.listed(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		for i := range each {
			if !strings.Contains(text, counterTextAt(name, i)) {
				t.Errorf("rule %d of process %q was not written", i, name)
			}
		}
		if n := countPrefix(served, metricOf(name)+"_"); n != each {
			t.Errorf("%d metrics of process %q are listed, want %d", n, name, each)
		}
	}
	both("destroy")
	if after := c.text(t, adapter); after != before {
		t.Errorf("after both are destroyed the config map holds\n%s", after)
	}
	c.await(t, "the end of the last rollout", c.rolledOut)
	gaps.end(t)
}

func counterTextAt(name string, i int) string {
	return strings.NewReplacer(
		prefix+name+" ", fmt.Sprintf("%s%s-%d ", prefix, name, i),
		metricOf(name)+"\n", fmt.Sprintf("%s_%d\n", metricOf(name), i),
	).Replace(counterText(name))
}

func countPrefix(names []string, start string) int {
	n := 0
	for _, name := range names {
		if strings.HasPrefix(name, start) {
			n++
		}
	}
	return n
}
