// SPDX-License-Identifier: Apache-2.0

// Package cli implements the commands of the kind tool.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
)

// usage is the help of the program.
func usage() string {
	var b strings.Builder
	b.WriteString(`usage: go run ./kind COMMAND

commands:
  up [--no-apply]  bring the environment up, or add what is missing
  down             delete the cluster, its state and its logs
  env [--json]     print the settings that terraform, kubectl and go test need
  clean-cache      delete all build results
  pins             write the digests of what is pulled to kind/digests.json

settings, as environment variables:
`)
	for _, v := range settings.Variables() {
		fmt.Fprintf(&b, "  %-23s %s\n", v.Name+"="+v.Value, v.Meaning)
	}
	return b.String()
}

// Run runs one command. Environ is the environment as "KEY=value" pairs.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		_, err := fmt.Fprint(stdout, usage())
		return err
	}
	flag := map[string]string{"up": "--no-apply", "env": "--json"}[args[0]]
	set := false
	for _, arg := range args[1:] {
		if flag == "" || arg != flag {
			return fmt.Errorf("command %q: unexpected argument %q\n\n%s", args[0], arg, usage())
		}
		set = true
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the current folder: %w", err)
	}
	s, err := settings.Load(environ, dir)
	if err != nil {
		return err
	}
	e := &environment{Settings: s, environ: environ, out: stdout, progress: stderr}
	switch args[0] {
	case "up":
		return e.up(ctx, !set)
	case "down":
		return e.down(ctx)
	case "env":
		return e.print(ctx, set)
	case "clean-cache":
		return e.cleanCache(ctx)
	case "pins":
		return e.pinDigests(ctx)
	}
	return fmt.Errorf("unknown command %q: use up, down, env, clean-cache or pins\n\n%s", args[0], strings.TrimSpace(usage()))
}
