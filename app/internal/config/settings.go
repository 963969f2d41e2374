// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPort        = "8080"
	defaultMetricsPort = "8000"
	// maxWait prevents a typo such as 5h from blocking a node drain for hours.
	maxWait = 10 * time.Minute
)

// setting is a value that can be set by a flag or by an environment variable.
type setting struct {
	flag     string
	env      string
	fallback string
	help     string
	// set checks text and stores it; its error states the rule without the value.
	set func(text string) error
}

// settings lists every setting. Their set functions store into cfg.
func settings(cfg *Config) []setting {
	return []setting{
		{"port", "PORT", defaultPort, "TCP port for traffic; 0 picks a free one", port(&cfg.Port)},
		{"metrics-port", "METRICS_PORT", defaultMetricsPort, "TCP port for /metrics, /healthz and /readyz; 0 picks a free one", port(&cfg.MetricsPort)},
		{"drain", "DRAIN", "10s", "how long late requests are served after the stop signal", wait(&cfg.Drain, 0)},
		{"shutdown-timeout", "SHUTDOWN_TIMEOUT", "10s", "how long requests in flight may take after the drain", wait(&cfg.ShutdownTimeout, time.Millisecond)},
		{"log-level", "LOG_LEVEL", "info", "least severe level logged: debug, info, warn or error", level(&cfg.LogLevel)},
	}
}

func port(into *int) func(string) error {
	return func(text string) error {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return errors.New("must be a port number from 0 to 65535")
		}
		*into = int(n)
		return nil
	}
}

func wait(into *time.Duration, least time.Duration) func(string) error {
	return func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > maxWait {
			return fmt.Errorf("must be a duration with a unit from %s to %s", least, maxWait)
		}
		*into = d
		return nil
	}
}

func level(into *slog.Level) func(string) error {
	names := []string{"debug", "info", "warn", "error"}
	return func(text string) error {
		// slog also accepts offsets such as INFO+3, which nothing here uses.
		if !slices.Contains(names, text) {
			return fmt.Errorf("must be one of %s", strings.Join(names, ", "))
		}
		return into.UnmarshalText([]byte(text))
	}
}
