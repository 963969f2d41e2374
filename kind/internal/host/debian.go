// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// IsDebianRoot reports whether packages can be installed here with apt-get.
func IsDebianRoot() bool {
	data, err := os.ReadFile("/etc/os-release")
	return err == nil && strings.Contains(string(data), "ID=debian") && os.Geteuid() == 0
}

// InstallPackages installs the named Debian packages that are missing. Announce
// is called with their names before anything is changed.
func InstallPackages(ctx context.Context, run command.Runner, announce func(names []string), names ...string) error {
	var missing []string
	for _, name := range names {
		status, err := run.Output(ctx, "dpkg-query", "-W", "-f", "${db:Status-Status}", name)
		if err != nil || status != "installed" {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if slices.Contains(missing, "mmdebstrap") {
		// It takes packages from a newer suite than this machine's, and only a
		// current keyring knows that suite's keys.
		missing = append(missing, "debian-archive-keyring")
	}
	announce(missing)
	apt := run.With("DEBIAN_FRONTEND=noninteractive")
	// Wait for another apt-get, such as that of unattended-upgrades.
	const lock = "-oDPkg::Lock::Timeout=300"
	if err := apt.Run(ctx, "apt-get", "update", "-qq", lock); err != nil {
		return fmt.Errorf("refreshing the package lists: %w", err)
	}
	args := append([]string{"install", "-y", "-qq", lock}, missing...)
	if err := apt.Run(ctx, "apt-get", args...); err != nil {
		return fmt.Errorf("installing %s: %w", strings.Join(missing, ", "), err)
	}
	return nil
}
