// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
)

// tools are the programs that take part.
type tools struct {
	directory string // temporary
	self      string // this program
	rivals    string
	loadgen   string // the command line of the project
	wrk, hey  string
	wrkScript string // makes it send POST requests
	wrkApart  string // the same, with the requests of its connections spread out
}

// prepare builds and finds them. Its error says how to get what is missing.
func prepare(ctx context.Context) (t tools, err error) {
	if t.self, err = os.Executable(); err != nil {
		return t, fmt.Errorf("finding this program: %w", err)
	}
	root, err := program.Output(ctx, "", nil, "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return t, fmt.Errorf("finding the project (run this inside it): %w", err)
	}
	if err = aptInstall(ctx, "wrk", "hey"); err != nil {
		return t, err
	}
	if t.wrk, err = exec.LookPath("wrk"); err != nil {
		return t, err
	}
	if t.hey, err = exec.LookPath("hey"); err != nil {
		return t, err
	}
	if t.directory, err = os.MkdirTemp("", "bench-loadgen-"); err != nil {
		return t, err
	}
	defer func() {
		if err != nil {
			t.remove()
		}
	}()
	t.rivals = filepath.Join(t.directory, "rivals")
	if _, err = program.Output(ctx, "", nil, "go", "build", "-C", filepath.Join(root, "bench", "loadgen", "rivals"), "-o", t.rivals, "."); err != nil {
		return t, fmt.Errorf("building the programs to compare with: %w", err)
	}
	t.loadgen = filepath.Join(t.directory, "loadgen")
	if _, err = program.Output(ctx, "", nil, "go", "build", "-C", root, "-o", t.loadgen, "./loadgen"); err != nil {
		return t, fmt.Errorf("building loadgen: %w", err)
	}
	t.wrkScript, t.wrkApart = filepath.Join(t.directory, "post.lua"), filepath.Join(t.directory, "apart.lua")
	if err = os.WriteFile(t.wrkScript, []byte(wrkPost), 0o644); err != nil {
		return t, err
	}
	return t, os.WriteFile(t.wrkApart, []byte(wrkPost+wrkDelay), 0o644)
}

const (
	// wrkPost prints percentiles in microseconds; wrk itself rounds those above a
	// second to hundredths of one.
	wrkPost = `wrk.method = "POST"
function done(summary, latency, requests)
  for _, p in ipairs({50, 75, 90, 99}) do
    io.write(string.format("percentile %d: %d us\n", p, latency:percentile(p)))
  end
end
`
	// wrkDelay delays each request by 0 to 0.2 s. Otherwise its connections would all
	// begin at once, and stay in step because all answers take one of three times.
	wrkDelay = `function delay() return math.random(0, 200) end
`
)

func (t tools) remove() { os.RemoveAll(t.directory) }

// aptInstall installs the Debian packages of programs that are not there.
func aptInstall(ctx context.Context, programs ...string) error {
	var missing []string
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = append(missing, program)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	command := "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(missing, " ")
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s not found: run as root: %s", strings.Join(missing, " and "), command)
	}
	if _, err := program.Output(ctx, "", nil, "sh", "-c", command); err != nil {
		return fmt.Errorf("installing %s: %w", strings.Join(missing, " and "), err)
	}
	return nil
}
