// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// version says which build this is, as far as the Go toolchain knows.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "loadgen, unknown build\n"
	}
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	name := info.Main.Version
	if name == "" {
		name = "(devel)"
	}
	if revision := settings["vcs.revision"]; revision != "" && name == "(devel)" {
		name = revision
		if settings["vcs.modified"] == "true" {
			name += " with changes"
		}
	}
	return fmt.Sprintf("loadgen %s, result schema %d, %s %s/%s\n", name, result.SchemaVersion,
		info.GoVersion, settings["GOOS"], settings["GOARCH"])
}
