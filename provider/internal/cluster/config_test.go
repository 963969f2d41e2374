// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const kubeconfig = `apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: one, cluster: {server: "https://one:6443"}}
- {name: two, cluster: {server: "https://two:6443"}}
contexts:
- {name: one, context: {cluster: one, user: u}}
- {name: two, context: {cluster: two, user: u}}
users:
- {name: u, user: {token: from-file}}
`

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		settings Settings
		env      map[string]string
		host     string
		token    string
		fails    string
	}{
		"config_path":             {settings: Settings{ConfigPath: file}, host: "https://one:6443", token: "from-file"},
		"config_context":          {settings: Settings{ConfigPath: file, ConfigContext: "two"}, host: "https://two:6443", token: "from-file"},
		"KUBECONFIG":              {env: map[string]string{"KUBECONFIG": file}, host: "https://one:6443", token: "from-file"},
		"KUBECONFIG is a list":    {env: map[string]string{"KUBECONFIG": "/nowhere" + string(os.PathListSeparator) + file}, host: "https://one:6443", token: "from-file"},
		"KUBE_CONFIG_PATH first":  {env: map[string]string{"KUBECONFIG": "/nowhere", "KUBE_CONFIG_PATH": file, "KUBE_CTX": "two"}, host: "https://two:6443", token: "from-file"},
		"token on top":            {settings: Settings{ConfigPath: file, Token: "mine"}, host: "https://one:6443", token: "mine"},
		"host on top":             {settings: Settings{ConfigPath: file, Host: "https://three"}, host: "https://three", token: "from-file"},
		"host alone":              {settings: Settings{Host: "https://three", Token: "mine"}, host: "https://three", token: "mine"},
		"host, not environment's": {settings: Settings{Host: "https://three"}, env: map[string]string{"KUBECONFIG": file, "KUBE_CTX": "two"}, host: "https://three"},
		"insecure host":           {settings: Settings{Host: "https://three", Insecure: true}, host: "https://three"},
		"nothing":                 {fails: "set config_path or host"},
		"file is missing":         {settings: Settings{ConfigPath: "/nowhere"}, fails: `config_path "/nowhere"`},
		"context is missing":      {settings: Settings{ConfigPath: file, ConfigContext: "nope"}, fails: `"nope"`},
		"env's file is missing":   {env: map[string]string{"KUBECONFIG": "/nowhere"}, fails: "/nowhere"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg, err := Config(tt.settings, func(key string) string { return tt.env[key] })
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got %v, want an error with %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Host != tt.host || cfg.BearerToken != tt.token || cfg.Insecure != tt.settings.Insecure {
				t.Errorf("got host %q, token %q, insecure %v", cfg.Host, cfg.BearerToken, cfg.Insecure)
			}
		})
	}
}
