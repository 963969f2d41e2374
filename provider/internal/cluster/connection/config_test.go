// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"net/http"
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
- {name: v, user: {token: of-v}}
`

func TestConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	yes := true
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
		"insecure host":           {settings: Settings{Host: "https://three", Insecure: &yes}, host: "https://three"},
		"KUBE_HOST and token":     {env: map[string]string{"KUBE_HOST": "https://four", "KUBE_TOKEN": "env"}, host: "https://four", token: "env"},
		"KUBE_HOST on top":        {env: map[string]string{"KUBE_HOST": "https://four", "KUBE_CONFIG_PATH": file}, host: "https://four", token: "from-file"},
		"setting before variable": {settings: Settings{Host: "https://three", Token: "mine"}, env: map[string]string{"KUBE_HOST": "https://four", "KUBE_TOKEN": "env"}, host: "https://three", token: "mine"},
		"config_paths":            {settings: Settings{ConfigPaths: []string{file}, ConfigContext: "two"}, host: "https://two:6443", token: "from-file"},
		"config_paths is missing": {settings: Settings{ConfigPaths: []string{file, "/nowhere"}}, fails: `"/nowhere"`},
		"KUBE_CONFIG_PATHS":       {env: map[string]string{"KUBE_CONFIG_PATHS": file, "KUBECONFIG": "/nowhere"}, host: "https://one:6443", token: "from-file"},
		"another cluster":         {settings: Settings{ConfigPath: file, ConfigContextCluster: "two"}, host: "https://two:6443", token: "from-file"},
		"KUBE_CTX_CLUSTER":        {settings: Settings{ConfigPath: file}, env: map[string]string{"KUBE_CTX_CLUSTER": "two"}, host: "https://two:6443", token: "from-file"},
		"another user":            {settings: Settings{ConfigPath: file, ConfigContextAuthInfo: "v"}, host: "https://one:6443", token: "of-v"},
		"KUBE_CTX_AUTH_INFO":      {settings: Settings{ConfigPath: file}, env: map[string]string{"KUBE_CTX_AUTH_INFO": "v"}, host: "https://one:6443", token: "of-v"},
		"KUBE_INSECURE is bad":    {settings: Settings{ConfigPath: file}, env: map[string]string{"KUBE_INSECURE": "maybe"}, fails: "KUBE_INSECURE"},
		"proxy_url is bad":        {settings: Settings{ConfigPath: file, ProxyURL: "proxy"}, fails: `proxy_url "proxy"`},
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
			if cfg.Host != tt.host || cfg.BearerToken != tt.token || cfg.Insecure != (tt.settings.Insecure != nil) {
				t.Errorf("got host %q, token %q, insecure %v", cfg.Host, cfg.BearerToken, cfg.Insecure)
			}
		})
	}
}

// Settings that only affect how a connection is made.
func TestConfigCredentials(t *testing.T) {
	env := map[string]string{
		"KUBE_USER": "user", "KUBE_PASSWORD": "secret", "KUBE_CLUSTER_CA_CERT_DATA": "ca", "KUBE_CLIENT_CERT_DATA": "cert", "KUBE_CLIENT_KEY_DATA": "key",
		"KUBE_TLS_SERVER_NAME": "name", "KUBE_PROXY_URL": "http://proxy:3128",
	}
	cfg, err := Config(Settings{Host: "https://three"}, func(key string) string { return env[key] })
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Username != "user" || cfg.Password != "secret" || string(cfg.CAData) != "ca" || string(cfg.CertData) != "cert" || string(cfg.KeyData) != "key" || cfg.ServerName != "name" {
		t.Errorf("got %+v", cfg)
	}
	req, err := http.NewRequest(http.MethodGet, "https://three", nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := cfg.Proxy(req); err != nil || proxy.String() != "http://proxy:3128" {
		t.Errorf("got proxy %v, %v", proxy, err)
	}
	if cfg, err := Config(Settings{Host: "https://three", Username: "other"}, func(key string) string { return env[key] }); err != nil || cfg.Username != "other" {
		t.Errorf("got %+v, %v, want the setting to take precedence", cfg, err)
	}
	env = map[string]string{"KUBE_INSECURE": "true"}
	if cfg, err := Config(Settings{Host: "https://three"}, func(key string) string { return env[key] }); err != nil || !cfg.Insecure {
		t.Errorf("got %+v, %v, want KUBE_INSECURE to apply", cfg, err)
	}
	no := false
	if cfg, err := Config(Settings{Host: "https://three", Insecure: &no}, func(key string) string { return env[key] }); err != nil || cfg.Insecure {
		t.Errorf("got %+v, %v, want insecure = false to take precedence", cfg, err)
	}
}

func TestConfigExec(t *testing.T) {
	cfg, err := Config(Settings{Host: "https://three", Exec: &Exec{
		APIVersion: "client.authentication.k8s.io/v1", Command: "get-token", Args: []string{"-x"}, Env: map[string]string{"A": "b"},
	}}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if e := cfg.ExecProvider; e == nil || e.Command != "get-token" || len(e.Args) != 1 || len(e.Env) != 1 || e.Env[0].Value != "b" {
		t.Errorf("got %+v", cfg.ExecProvider)
	}
}
