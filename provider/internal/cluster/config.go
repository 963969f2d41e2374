// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Settings say how to reach a cluster. What is set here goes before what a kubeconfig file says.
type Settings struct {
	ConfigPath           string // of a kubeconfig file
	ConfigContext        string
	Host                 string // URL of the API server
	Token                string
	ClusterCACertificate string // PEM
	Insecure             bool   // do not verify the API server's certificate
	UserAgent            string
}

// Config finds the way to the cluster: a kubeconfig named by the settings, by KUBE_CONFIG_PATH or by KUBECONFIG (lists), with
// the settings on top. A host that is set without a kubeconfig or a context stands for itself, whatever the environment says.
// With none of these it is the cluster of the pod that this runs in. Files are read, but the cluster is not contacted.
func Config(s Settings, getenv func(string) string) (*rest.Config, error) {
	cfg, err := loadConfig(s, getenv)
	if err != nil {
		return nil, err
	}
	cfg.UserAgent = s.UserAgent
	return cfg, nil
}

func loadConfig(s Settings, getenv func(string) string) (*rest.Config, error) {
	paths, err := kubeconfigs(s, getenv)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 && s.Host == "" {
		cfg, err := rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, errors.New("no cluster is configured: set config_path or host in the provider block, or one of the environment variables KUBE_CONFIG_PATH and KUBECONFIG")
		}
		return cfg, err
	}

	overrides := &clientcmd.ConfigOverrides{CurrentContext: s.ConfigContext}
	if overrides.CurrentContext == "" {
		overrides.CurrentContext = getenv("KUBE_CTX")
	}
	overrides.ClusterInfo = clientcmdapi.Cluster{
		Server:                   s.Host,
		InsecureSkipTLSVerify:    s.Insecure,
		CertificateAuthorityData: []byte(s.ClusterCACertificate),
	}
	overrides.AuthInfo.Token = s.Token
	if len(paths) == 0 {
		overrides.CurrentContext = "" // there is no file to look it up in
	}
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: paths}
	cfg, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("cannot use the cluster configuration (kubeconfig %q, context %q, host %q): %w",
			strings.Join(paths, ", "), overrides.CurrentContext, s.Host, err)
	}
	return cfg, nil
}

// kubeconfigs returns the files to load. A file named in the settings must exist: clientcmd would silently do without it.
func kubeconfigs(s Settings, getenv func(string) string) ([]string, error) {
	if s.ConfigPath != "" {
		path, err := expandHome(s.ConfigPath)
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("cannot read the kubeconfig config_path %q: %w", s.ConfigPath, err)
		}
		return []string{path}, nil
	}
	list := getenv("KUBE_CONFIG_PATH")
	if list == "" {
		list = getenv("KUBECONFIG")
	}
	var paths []string
	for _, path := range filepath.SplitList(list) {
		if path == "" {
			continue
		}
		path, err := expandHome(path)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	if s.Host != "" && s.ConfigContext == "" {
		return nil, nil // a host set by hand stands for itself; the environment's cluster is another one
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
