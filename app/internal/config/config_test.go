// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"
)

// env is an environment for tests.
type env map[string]string

func (e env) lookup(name string) (string, bool) {
	value, found := e[name]
	return value, found
}

func TestParse(t *testing.T) {
	defaults := Config{Port: 8080, MetricsPort: 8000, Drain: 10 * time.Second, ShutdownTimeout: 10 * time.Second, LogLevel: slog.LevelInfo}
	with := func(change func(*Config)) Config {
		c := defaults
		change(&c)
		return c
	}
	tests := []struct {
		name string
		args []string
		env  env
		want Config
	}{
		{"defaults", nil, nil, defaults},
		{"every flag", []string{"--port", "1", "--metrics-port=2", "--drain", "1m", "--shutdown-timeout", "500ms", "--log-level", "debug"}, nil,
			Config{Port: 1, MetricsPort: 2, Drain: time.Minute, ShutdownTimeout: 500 * time.Millisecond, LogLevel: slog.LevelDebug}},
		{"every variable", nil, env{"PORT": "1", "METRICS_PORT": "2", "DRAIN": "1m", "SHUTDOWN_TIMEOUT": "500ms", "LOG_LEVEL": "error"},
			Config{Port: 1, MetricsPort: 2, Drain: time.Minute, ShutdownTimeout: 500 * time.Millisecond, LogLevel: slog.LevelError}},
		{"flag wins over variable", []string{"--port=1"}, env{"PORT": "2"}, with(func(c *Config) { c.Port = 1 })},
		{"valid flag hides an invalid variable", []string{"--port=1"}, env{"PORT": "x"}, with(func(c *Config) { c.Port = 1 })},
		{"empty variable counts as unset", nil, env{"PORT": ""}, defaults},
		{"no drain", []string{"--drain=0s"}, nil, with(func(c *Config) { c.Drain = 0 })},
		{"longest waits", []string{"--drain=10m", "--shutdown-timeout=10m"}, nil,
			with(func(c *Config) { c.Drain, c.ShutdownTimeout = 10*time.Minute, 10*time.Minute })},
		{"highest port", []string{"--port=65535"}, nil, with(func(c *Config) { c.Port = 65535 })},
		{"both ports free choice", []string{"--port=0", "--metrics-port=0"}, nil, with(func(c *Config) { c.Port, c.MetricsPort = 0, 0 })},
		{"help", []string{"--help"}, env{"PORT": "x"}, Config{Action: ShowHelp}},
		{"await ready", []string{"--await-ready", "--metrics-port=9000"}, nil, with(func(c *Config) { c.Action, c.MetricsPort = AwaitReady, 9000 })},
		{"version", []string{"--version"}, env{"PORT": "x"}, Config{Action: ShowVersion}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.args, tt.env.lookup)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, error %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const (
		portRule = "must be a port number from 0 to 65535, for example --port 8080"
		waitRule = "must be a duration with a unit from 0s to 10m0s, for example --drain 10s"
	)
	tests := []struct {
		name string
		args []string
		env  env
		want string
	}{
		{"port too high", []string{"--port=65536"}, nil, "invalid settings:\n" + `--port "65536": ` + portRule},
		{"negative port", []string{"--port=-1"}, nil, "invalid settings:\n" + `--port "-1": ` + portRule},
		{"empty flag", []string{"--port="}, nil, "invalid settings:\n" + `--port "": ` + portRule},
		{"variable that Kubernetes sets for a Service named metrics", nil, env{"METRICS_PORT": "tcp://10.0.0.1:80"},
			"invalid settings:\n" + `--metrics-port "tcp://10.0.0.1:80" (from METRICS_PORT): must be a port number from 0 to 65535, for example --metrics-port 8000`},
		{"same port twice", []string{"--port=9000", "--metrics-port=9000"}, nil,
			"invalid settings:\n" + `--port and --metrics-port are both "9000": give each its own port, for example --port 8080 --metrics-port 8000`},
		{"waiting for a port that is not known", []string{"--await-ready", "--metrics-port=0"}, nil,
			"invalid settings:\n" + `--metrics-port "0": --await-ready needs the port of the other process, for example --metrics-port 8000`},
		{"duration without unit", []string{"--drain=5"}, nil, "invalid settings:\n" + `--drain "5": ` + waitRule},
		{"negative drain", []string{"--drain=-1s"}, nil, "invalid settings:\n" + `--drain "-1s": ` + waitRule},
		{"drain too long", []string{"--drain=10m1s"}, nil, "invalid settings:\n" + `--drain "10m1s": ` + waitRule},
		{"no time to shut down", []string{"--shutdown-timeout=0s"}, nil,
			"invalid settings:\n" + `--shutdown-timeout "0s": must be a duration with a unit from 1ms to 10m0s, for example --shutdown-timeout 10s`},
		{"unknown level", []string{"--log-level=loud"}, nil,
			"invalid settings:\n" + `--log-level "loud": must be one of debug, info, warn, error, for example --log-level info`},
		{"stray argument", []string{"8080"}, nil,
			"invalid settings:\n" + `unexpected argument "8080": write settings as flags, for example --port 8080`},
		{"unknown flag", []string{"--prot=1"}, nil, "flag provided but not defined: -prot; see --help for the flags"},
		{"everything at once", []string{"--port=x", "--drain=y"}, env{"METRICS_PORT": "z", "SHUTDOWN_TIMEOUT": "never", "LOG_LEVEL": "all"}, strings.Join([]string{
			"invalid settings:",
			`--port "x": ` + portRule,
			`--metrics-port "z" (from METRICS_PORT): must be a port number from 0 to 65535, for example --metrics-port 8000`,
			`--drain "y": ` + waitRule,
			`--shutdown-timeout "never" (from SHUTDOWN_TIMEOUT): must be a duration with a unit from 1ms to 10m0s, for example --shutdown-timeout 10s`,
			`--log-level "all" (from LOG_LEVEL): must be one of debug, info, warn, error, for example --log-level info`,
		}, "\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.args, tt.env.lookup)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got error:\n%v\nwant:\n%s", err, tt.want)
			}
		})
	}
}

func TestUsageNamesEverySetting(t *testing.T) {
	usage := Usage()
	for _, s := range settings(new(Config)) {
		for _, want := range []string{"--" + s.flag, s.env, s.fallback, s.help} {
			if !strings.Contains(usage, want) {
				t.Errorf("usage lacks %q:\n%s", want, usage)
			}
		}
	}
}
