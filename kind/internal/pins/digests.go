// SPDX-License-Identifier: Apache-2.0

package pins

import (
	"encoding/json"
	"fmt"
	"os"
)

// DigestsFile is the path of the digests below the root of a checkout. The command
// pins writes it.
const DigestsFile = "kind/digests.json"

// Digests pin the content of what is pulled. Each key includes the version, so that a
// new version never matches an old digest.
type Digests struct {
	Images    map[string]string `json:"images"`    // by reference: sha256 of the image, or of its index for all platforms
	Programs  map[string]string `json:"programs"`  // by URL: sha256, hexadecimal
	Providers map[string]string `json:"providers"` // by ProviderKey: hash of the unpacked package, as in a lock file ("h1:...")
}

// ProviderKey names a provider's package for one platform, such as linux_amd64.
func ProviderKey(name, version, platform string) string {
	return "hashicorp/" + name + " " + version + " " + platform
}

func readDigests(path string) (d Digests, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return d, fmt.Errorf("reading the pinned digests: %w", err)
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return d, fmt.Errorf("reading the pinned digests in %s: %w", path, err)
	}
	return d, nil
}

// Write replaces the file of digests.
func (d Digests) Write(path string) error {
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the digests: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the digests: %w", err)
	}
	return nil
}
