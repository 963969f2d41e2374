// SPDX-License-Identifier: Apache-2.0

// Package promlog stands in for the logging package that prometheus/common
// dropped after v0.60. NGINX Gateway Fabric 1.6 still asks for it, while
// everything else in this module needs a newer prometheus/common; with this
// stand-in both build from one set of dependencies.
package promlog

import (
	"fmt"
	"os"
	"sync"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// AllowedLevel is a settable log level: debug, info, warn or error.
type AllowedLevel struct {
	name   string
	option level.Option
}

// String returns the name of the level.
func (l *AllowedLevel) String() string { return l.name }

// Set parses a level name and fails on any other text.
func (l *AllowedLevel) Set(s string) error {
	parsed, err := level.Parse(s)
	if err != nil {
		return fmt.Errorf("log level %q is none of debug, info, warn, error", s)
	}
	l.name, l.option = s, level.Allow(parsed)
	return nil
}

// AllowedFormat is a settable log format: logfmt or json.
type AllowedFormat struct{ name string }

// String returns the name of the format.
func (f *AllowedFormat) String() string { return f.name }

// Set accepts "logfmt" and "json" and fails on any other text.
func (f *AllowedFormat) Set(s string) error {
	if s != "logfmt" && s != "json" {
		return fmt.Errorf("log format %q is neither logfmt nor json", s)
	}
	f.name = s
	return nil
}

// Config chooses level and format of a logger.
type Config struct {
	Level  *AllowedLevel
	Format *AllowedFormat
}

// Logger is a go-kit logger whose level can change while it is in use.
type Logger struct {
	mu       sync.RWMutex
	base     log.Logger
	filtered log.Logger
}

// NewDynamic returns a logger on standard error.
func NewDynamic(config *Config) *Logger {
	sink := log.NewSyncWriter(os.Stderr)
	base := log.NewLogfmtLogger(sink)
	if config.Format != nil && config.Format.name == "json" {
		base = log.NewJSONLogger(sink)
	}
	base = log.With(base, "ts", log.DefaultTimestampUTC)
	l := &Logger{base: base, filtered: base}
	if config.Level != nil {
		l.SetLevel(config.Level)
	}
	return l
}

// SetLevel replaces the level; nil allows everything.
func (l *Logger) SetLevel(allowed *AllowedLevel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.filtered = l.base
	if allowed != nil && allowed.option != nil {
		l.filtered = level.NewFilter(l.base, allowed.option)
	}
}

// Log writes the key-value pairs when their level is allowed.
func (l *Logger) Log(keyvals ...any) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.filtered.Log(keyvals...)
}
