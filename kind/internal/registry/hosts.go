// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// DefaultHosts is the folder of certs.d that containerd looks into for a
// registry that has no folder of its own.
const DefaultHosts = "_default"

// WriteHosts fills dir so that containerd goes to a mirror for every registry.
// The mirror is host[/prefix], a file in the form of containerd's hosts.toml, or
// a folder laid out as its certs.d. With the engine's login for the host, which a
// node cannot ask for, only its owner may read the folder.
func (c *Client) WriteHosts(dir, mirror string, withLogin bool) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("emptying the configuration of the mirror: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making room for the configuration of the mirror: %w", err)
	}
	if filepath.IsAbs(mirror) {
		info, err := os.Stat(mirror)
		switch {
		case err != nil:
			return fmt.Errorf("REGISTRY_MIRROR: %w", err)
		case info.IsDir():
			if err := os.CopyFS(dir, os.DirFS(mirror)); err != nil {
				return fmt.Errorf("REGISTRY_MIRROR: copying %s: %w", mirror, err)
			}
			return nil
		}
		data, err := os.ReadFile(mirror)
		if err != nil {
			return fmt.Errorf("REGISTRY_MIRROR: %w", err)
		}
		return writeDefault(dir, string(data))
	}
	host, prefix, _ := strings.Cut(mirror, "/")
	// What stands before the first table is about the server that is asked last,
	// here the only one.
	text := fmt.Sprintf("server = \"https://%s/v2/%s\"\noverride_path = true\ncapabilities = [\"pull\", \"resolve\"]\n", host, prefix)
	if !withLogin {
		return writeDefault(dir, text)
	}
	user, secret, err := c.credentials(host)
	if err != nil {
		return err
	}
	if user != "" {
		text += fmt.Sprintf("\n[header]\nauthorization = \"Basic %s\"\n", base64.StdEncoding.EncodeToString([]byte(user+":"+secret)))
	}
	return writeDefault(dir, text)
}

func writeDefault(dir, text string) error {
	target := filepath.Join(dir, DefaultHosts)
	if err := os.MkdirAll(target, 0o700); err != nil {
		return fmt.Errorf("making room for the configuration of the mirror: %w", err)
	}
	if err := os.WriteFile(filepath.Join(target, "hosts.toml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of the mirror: %w", err)
	}
	return nil
}
