// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// Usage returns the help text: every flag with its variable, default and meaning.
func Usage() string {
	var text strings.Builder
	text.WriteString("heavywork answers POST /heavywork and POST /lightwork and counts the heavy ones.\n\n")
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FLAG\tENVIRONMENT\tDEFAULT\tMEANING")
	for _, s := range settings(new(Config)) {
		fmt.Fprintf(table, "--%s\t%s\t%s\t%s\n", s.flag, s.env, s.fallback, s.help)
	}
	fmt.Fprintln(table, "--await-ready\t\t\twait until the heavywork on --metrics-port is ready, a minute at most, and exit")
	fmt.Fprintln(table, "--version\t\t\tprint the version and exit")
	fmt.Fprintln(table, "--help\t\t\tprint this text and exit")
	table.Flush() // a strings.Builder cannot fail
	text.WriteString("\nA flag takes precedence over its environment variable. Durations have a unit: 500ms, 5s, 1m.\n")
	return text.String()
}
