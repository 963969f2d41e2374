// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// DefaultHosts is the folder of certs.d that containerd uses for registries without a
// folder of their own.
const DefaultHosts = "_default"

// WriteHosts fills dir so that containerd uses a mirror for every registry. The
// mirror is host[/prefix], a file in the form of containerd's hosts.toml, or a folder
// laid out as its certs.d. A node cannot look up the engine's login for the host, so
// withLogin adds it if the mirror is host[/prefix]. Only the owner may read dir.
func (c *Client) WriteHosts(dir, mirror string, withLogin bool) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("emptying the configuration of the mirror: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("creating the folder of the mirror's configuration: %w", err)
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
	// Keys before the first table configure the server that is asked last, here the
	// only one.
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
		return fmt.Errorf("creating the folder of the mirror's configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(target, "hosts.toml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("writing the configuration of the mirror: %w", err)
	}
	return nil
}
