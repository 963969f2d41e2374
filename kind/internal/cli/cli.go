// SPDX-License-Identifier: Apache-2.0

// Package cli holds the commands of the environment.
package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
)

const usage = `usage: go run ./kind COMMAND

commands:
  up [--no-apply]  bring the environment up, or what of it is missing
  down             delete the cluster and what was remembered of it
  env [--json]     print what terraform, kubectl and go test need to know
  clean-cache      delete all build results

settings, as environment variables:
  CLUSTER=name            which cluster (default hpa)
  SOURCE=auto             or registry, or build: where images and providers come from
  ENGINE=docker           or podman (default: the first that works)
  HTTP_PORT=80            port of the ingress on 127.0.0.1
  PROMETHEUS_PORT=9090    port of the Prometheus page on 127.0.0.1
`

// Run runs one command. Environ is the environment as "KEY=value" pairs.
func Run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		_, err := fmt.Fprint(stdout, usage)
		return err
	}
	flag := map[string]string{"up": "--no-apply", "env": "--json"}[args[0]]
	set := false
	for _, arg := range args[1:] {
		if flag == "" || arg != flag {
			return fmt.Errorf("command %q does not know %q\n\n%s", args[0], arg, usage)
		}
		set = true
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("asking for the current folder: %w", err)
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
	}
	return fmt.Errorf("there is no command %q, use one of up, down, env, clean-cache\n\n%s", args[0], strings.TrimSpace(usage))
}
