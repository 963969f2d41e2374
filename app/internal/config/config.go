// SPDX-License-Identifier: Apache-2.0

// Package config turns command line and environment into checked settings.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Action is what the command line requests.
type Action int

// The actions.
const (
	Run Action = iota
	ShowHelp
	ShowVersion
	// AwaitReady waits until the service on MetricsPort is ready.
	AwaitReady
)

// Config holds the checked settings of one process.
type Config struct {
	// Action is Run unless --help, --version or --await-ready was given.
	Action Action
	// Port is the TCP port for traffic; 0 lets the kernel choose a free one.
	Port int
	// MetricsPort is the TCP port for metrics and health; 0 lets the kernel choose.
	MetricsPort int
	// Drain is how long late requests are still accepted after the stop signal.
	Drain time.Duration
	// ShutdownTimeout limits the wait for requests in flight once the drain is over.
	ShutdownTimeout time.Duration
	// LogLevel is the least severe level that is logged.
	LogLevel slog.Level
}

// LookupEnv reads one environment variable; os.LookupEnv is the usual one.
type LookupEnv func(name string) (value string, found bool)

// Parse reads the settings from args and the environment; a flag takes precedence over its
// variable, and an empty variable counts as unset. The error lists all invalid values, each
// with its flag and a remedy.
func Parse(args []string, lookup LookupEnv) (Config, error) {
	var cfg Config
	settings := settings(&cfg)

	fs := flag.NewFlagSet("heavywork", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // the caller prints errors and help
	showVersion := fs.Bool("version", false, "")
	awaitReady := fs.Bool("await-ready", false, "")
	given := make(map[string]*string, len(settings))
	for _, s := range settings {
		// Parsed as strings, so that the first invalid value does not hide the others.
		given[s.flag] = fs.String(s.flag, "", "")
	}
	if err := fs.Parse(args); errors.Is(err, flag.ErrHelp) {
		return Config{Action: ShowHelp}, nil
	} else if err != nil {
		return Config{}, fmt.Errorf("%w; see --help for the flags", err)
	}
	if *showVersion {
		return Config{Action: ShowVersion}, nil
	}

	onCommandLine := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { onCommandLine[f.Name] = true })

	var problems []error
	for _, arg := range fs.Args() {
		problems = append(problems, fmt.Errorf("unexpected argument %q: write settings as flags, for example --port 8080", arg))
	}
	for _, s := range settings {
		value, origin := s.fallback, ""
		if env, found := lookup(s.env); found && env != "" {
			value, origin = env, " (from "+s.env+")"
		}
		if onCommandLine[s.flag] {
			value, origin = *given[s.flag], ""
		}
		if err := s.set(value); err != nil {
			problems = append(problems, fmt.Errorf("--%s %q%s: %w, for example --%s %s", s.flag, value, origin, err, s.flag, s.fallback))
		}
	}
	if cfg.Port != 0 && cfg.Port == cfg.MetricsPort {
		problems = append(problems, fmt.Errorf("--port and --metrics-port are both %q: give each its own port, for example --port %s --metrics-port %s",
			fmt.Sprint(cfg.Port), defaultPort, defaultMetricsPort))
	}
	if *awaitReady {
		cfg.Action = AwaitReady
		if cfg.MetricsPort == 0 {
			problems = append(problems, fmt.Errorf("--metrics-port \"0\": --await-ready needs the port of the other process, for example --metrics-port %s", defaultMetricsPort))
		}
	}
	if len(problems) > 0 {
		return Config{}, fmt.Errorf("invalid settings:\n%w", errors.Join(problems...))
	}
	return cfg, nil
}
