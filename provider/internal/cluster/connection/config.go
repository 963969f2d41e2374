// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Settings say how to reach a cluster. An empty field is taken from the environment variable named next to it, as in the kubernetes
// provider, and then from a kubeconfig file.
type Settings struct {
	ConfigPath            string   // KUBE_CONFIG_PATH, which may be a list; then KUBECONFIG
	ConfigPaths           []string // KUBE_CONFIG_PATHS, a list
	ConfigContext         string   // KUBE_CTX
	ConfigContextAuthInfo string   // KUBE_CTX_AUTH_INFO
	ConfigContextCluster  string   // KUBE_CTX_CLUSTER
	Host                  string   // KUBE_HOST; URL of the API server
	Token                 string   // KUBE_TOKEN
	Username              string   // KUBE_USER
	Password              string   // KUBE_PASSWORD
	ClientCertificate     string   // KUBE_CLIENT_CERT_DATA; PEM
	ClientKey             string   // KUBE_CLIENT_KEY_DATA; PEM
	ClusterCACertificate  string   // KUBE_CLUSTER_CA_CERT_DATA; PEM
	Insecure              *bool    // KUBE_INSECURE; do not verify the API server's certificate
	TLSServerName         string   // KUBE_TLS_SERVER_NAME
	ProxyURL              string   // KUBE_PROXY_URL
	Exec                  *Exec    // a program that prints credentials
	UserAgent             string
}

// Exec is a program that prints credentials.
type Exec struct {
	APIVersion string
	Command    string
	Args       []string
	Env        map[string]string
}

// Config returns how to reach the cluster: a kubeconfig named by the settings or by the environment, overridden by the other
// settings. If the settings have a host but neither a kubeconfig nor a context, a kubeconfig of the environment is ignored. With none
// of these it is the cluster of the pod that this runs in. Config reads files, but does not contact the cluster.
func Config(s Settings, getenv func(string) string) (*rest.Config, error) {
	files := files{paths: s.ConfigPaths, explicit: len(s.ConfigPaths) > 0}
	if s.ConfigPath != "" {
		files.paths, files.explicit = []string{s.ConfigPath}, true
	}
	alone := s.Host != "" && s.ConfigContext == "" && s.ConfigContextCluster == ""
	if err := s.complete(getenv); err != nil {
		return nil, err
	}
	if !files.explicit && !alone {
		files.fromEnvironment(getenv)
	}
	cfg, err := s.load(&files)
	if err != nil {
		return nil, err
	}
	cfg.UserAgent = s.UserAgent
	return cfg, nil
}

// complete fills in what the environment says.
func (s *Settings) complete(getenv func(string) string) error {
	for _, v := range []struct {
		value *string
		name  string
	}{
		{&s.ConfigContext, "KUBE_CTX"},
		{&s.ConfigContextAuthInfo, "KUBE_CTX_AUTH_INFO"},
		{&s.ConfigContextCluster, "KUBE_CTX_CLUSTER"},
		{&s.Host, "KUBE_HOST"},
		{&s.Token, "KUBE_TOKEN"},
		{&s.Username, "KUBE_USER"},
		{&s.Password, "KUBE_PASSWORD"},
		{&s.ClientCertificate, "KUBE_CLIENT_CERT_DATA"},
		{&s.ClientKey, "KUBE_CLIENT_KEY_DATA"},
		{&s.ClusterCACertificate, "KUBE_CLUSTER_CA_CERT_DATA"},
		{&s.TLSServerName, "KUBE_TLS_SERVER_NAME"},
		{&s.ProxyURL, "KUBE_PROXY_URL"},
	} {
		if *v.value == "" {
			*v.value = getenv(v.name)
		}
	}
	if text := getenv("KUBE_INSECURE"); s.Insecure == nil && text != "" {
		insecure, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("the environment variable KUBE_INSECURE is %q; set it to true or false", text)
		}
		s.Insecure = &insecure
	}
	return nil
}

func (s *Settings) load(f *files) (*rest.Config, error) {
	paths, err := f.expand()
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 && s.Host == "" {
		cfg, err := rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, errors.New("no cluster is configured: set config_path or host in the provider block, or one of the environment variables KUBE_CONFIG_PATH, KUBE_HOST and KUBECONFIG")
		}
		return cfg, err
	}
	overrides := s.overrides()
	if len(paths) == 0 {
		overrides.CurrentContext = "" // there is no file to look it up in
		overrides.Context = clientcmdapi.Context{}
	}
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: paths}
	cfg, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("cannot use the cluster configuration (kubeconfig %q, context %q, host %q): %w",
			strings.Join(paths, ", "), overrides.CurrentContext, s.Host, err)
	}
	if s.ProxyURL != "" {
		proxy, err := url.Parse(s.ProxyURL)
		if err != nil || proxy.Host == "" {
			return nil, fmt.Errorf("proxy_url %q is not a URL such as http://proxy:3128", s.ProxyURL)
		}
		cfg.Proxy = http.ProxyURL(proxy)
	}
	return cfg, nil
}

func (s *Settings) overrides() *clientcmd.ConfigOverrides {
	o := &clientcmd.ConfigOverrides{CurrentContext: s.ConfigContext}
	o.Context.AuthInfo, o.Context.Cluster = s.ConfigContextAuthInfo, s.ConfigContextCluster
	o.ClusterInfo = clientcmdapi.Cluster{
		Server:                   s.Host,
		InsecureSkipTLSVerify:    s.Insecure != nil && *s.Insecure,
		CertificateAuthorityData: []byte(s.ClusterCACertificate),
		TLSServerName:            s.TLSServerName,
	}
	o.AuthInfo.Token, o.AuthInfo.Username, o.AuthInfo.Password = s.Token, s.Username, s.Password
	o.AuthInfo.ClientCertificateData, o.AuthInfo.ClientKeyData = []byte(s.ClientCertificate), []byte(s.ClientKey)
	if s.Exec != nil {
		exec := &clientcmdapi.ExecConfig{
			APIVersion: s.Exec.APIVersion, Command: s.Exec.Command, Args: s.Exec.Args, InteractiveMode: clientcmdapi.IfAvailableExecInteractiveMode,
		}
		for name, value := range s.Exec.Env {
			exec.Env = append(exec.Env, clientcmdapi.ExecEnvVar{Name: name, Value: value})
		}
		o.AuthInfo.Exec = exec
	}
	return o
}

// files are kubeconfigs.
type files struct {
	paths    []string
	explicit bool // named by the settings: they must exist, although clientcmd would silently ignore missing ones
}

func (f *files) fromEnvironment(getenv func(string) string) {
	for _, name := range []string{"KUBE_CONFIG_PATHS", "KUBE_CONFIG_PATH", "KUBECONFIG"} {
		if list := getenv(name); list != "" {
			f.paths = filepath.SplitList(list)
			return
		}
	}
}

func (f *files) expand() ([]string, error) {
	var paths []string
	for _, path := range f.paths {
		if path == "" {
			continue
		}
		expanded, err := expandHome(path)
		if err != nil {
			return nil, err
		}
		if f.explicit {
			if _, err := os.Stat(expanded); err != nil {
				return nil, fmt.Errorf("cannot read the kubeconfig config_path %q: %w", path, err)
			}
		}
		paths = append(paths, expanded)
	}
	return paths, nil
}

func expandHome(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("cannot expand %q: %w", path, err)
	}
	return filepath.Join(home, path[1:]), nil
}
