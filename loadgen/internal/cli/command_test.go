// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"regexp"
	"strings"
	"testing"
)

func output1(t *testing.T, args ...string) string {
	t.Helper()
	var stdout buffer
	if err := execute(t.Context(), args, &stdout, new(buffer), 0); err != nil {
		t.Fatalf("loadgen %s: %v", strings.Join(args, " "), err)
	}
	return stdout.String()
}

func TestHelpOfEveryCommand(t *testing.T) {
	overview := output1(t, "help")
	for _, flag := range []string{"--help", "-h"} {
		if output1(t, flag) != overview {
			t.Errorf("%s and help differ", flag)
		}
	}
	for _, c := range commands() {
		if !strings.Contains(overview, "\n  "+c.name+" ") {
			t.Errorf("help does not list %s", c.name)
		}
		usage := output1(t, "help", c.name)
		if !strings.Contains(usage, "usage: loadgen ") || output1(t, c.name, "--help") != usage {
			t.Errorf("help %s is\n%s", c.name, usage)
		}
	}
	for _, args := range [][]string{{"cluster", "results", "-h"}, {"cluster", "worker", "-h"}} {
		if output1(t, args...) != clusterUsage() {
			t.Errorf("%v does not explain cluster", args)
		}
	}
}

func TestUsageNamesEveryFlagOfARun(t *testing.T) {
	f := newFlagSet()
	runFlags(f, new(runOptions), new(loadFlags))
	for _, name := range f.names() {
		if !strings.Contains(runUsage(), "  --"+name) {
			t.Errorf("usage does not mention --%s", name)
		}
	}
}

// A usage that promises a flag its command does not know would be worse than
// none.
func TestEveryFlagOfAUsageExists(t *testing.T) {
	for _, tt := range []struct {
		args  []string
		usage string
	}{
		{[]string{"run"}, runUsage()},
		{[]string{"plan"}, planUsage()},
		{[]string{"report"}, reportUsage()},
		{[]string{"compare"}, compareUsage()},
		{[]string{"merge"}, mergeUsage()},
		{[]string{"cluster", "results"}, section(clusterUsage(), "", "cluster worker is")},
		{[]string{"cluster", "worker"}, section(clusterUsage(), "cluster worker is", "example")},
	} {
		flags := regexp.MustCompile(`(?m)^  (--?[a-z-]+)`).FindAllStringSubmatch(tt.usage, -1)
		if len(flags) == 0 {
			t.Errorf("%v: no flags in\n%s", tt.args, tt.usage)
		}
		for _, flag := range flags {
			// --no-such-flag keeps the command from running, even if it accepts the value.
			err := execute(t.Context(), append(tt.args, flag[1]+"=?", "--no-such-flag"), new(buffer), new(buffer), 0)
			if err == nil || strings.Contains(err.Error(), `"`+flag[1]+`": is unknown`) || strings.Contains(err.Error(), `"`+flag[1]+`=?": is unknown`) {
				t.Errorf("%v %s: %v", tt.args, flag[1], err)
			}
		}
	}
}

// section is the part of a text between two of its phrases.
func section(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}

func TestMistypedCommands(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"reprot", "x.json"}, `COMMAND "reprot": is unknown: did you mean report?`},
		{[]string{"help", "rnu"}, `COMMAND "rnu": is unknown: did you mean run?`},
		{[]string{"help", "something"}, `COMMAND "something": must be one of run, plan`},
		{[]string{"cluster"}, `cluster "": must be followed by results`},
		{[]string{"cluster", "run"}, `cluster "run": must be followed by results`},
	} {
		err := execute(t.Context(), tt.args, new(buffer), new(buffer), 0)
		if ExitCode(err) != 2 || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: exit code %d, %v; want %s", tt.args, ExitCode(err), err, tt.want)
		}
	}
}

func TestVersionNamesTheSchema(t *testing.T) {
	if got := output1(t, "version"); !strings.HasPrefix(got, "loadgen ") || !strings.Contains(got, "result schema 2, go1.") {
		t.Errorf("version is %q", got)
	}
}

func TestWorkerNeedsItsIndex(t *testing.T) {
	args := []string{"cluster", "worker", "--target", "http://127.0.0.1:1/heavywork", "--profile", "constant:rate=5,duration=1", "--pods=2", "--meet=a:1"}
	err := execute(t.Context(), args, new(buffer), new(buffer), 0)
	if ExitCode(err) != 2 || !strings.Contains(err.Error(), `--index "-1": must be from 0 to 1`) {
		t.Errorf("exit code %d, %v", ExitCode(err), err)
	}
	err = execute(t.Context(), append(args, "--timeout=0", "--pods=0", "now"), new(buffer), new(buffer), 0)
	for _, want := range []string{`--pods "0": must be`, `argument "now": is one too many`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %s", err, want)
		}
	}
}
