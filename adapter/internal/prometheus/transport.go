// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/prometheus/common/config"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Where Kubernetes mounts the credentials of a pod's service account.
const (
	serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"
	serviceAccountCA    = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
)

// Access configures access to a server: by the options of prometheus-adapter, or by
// one file in the format of Prometheus' own HTTP clients instead.
type Access struct {
	File       string   // Prometheus' HTTP client configuration
	InCluster  bool     // use the credentials of the pod's service account
	Kubeconfig string   // file with credentials
	CAFile     string   // verifies the server's certificate
	CertFile   string   // client certificate
	KeyFile    string   // key of the client certificate
	TokenFile  string   // read for each request
	Headers    []string // name=value
}

// Transport returns the transport for requests. It reads tokens and certificates
// again when their files change.
func (a Access) Transport() (http.RoundTripper, error) {
	if a.Kubeconfig != "" {
		return a.kubeconfigTransport()
	}
	c, err := a.configuration()
	if err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("access to Prometheus: %w", err)
	}
	transport, err := config.NewRoundTripperFromConfig(*c, "prometheus")
	if err != nil {
		return nil, fmt.Errorf("access to Prometheus: %w", err)
	}
	return transport, nil
}

func (a Access) configuration() (*config.HTTPClientConfig, error) {
	if a.File != "" {
		if a.others() {
			return nil, errors.New("--prometheus-config has everything about access to Prometheus: remove the other --prometheus flags, apart from --prometheus-url")
		}
		c, _, err := config.LoadHTTPConfigFile(a.File)
		if err != nil {
			return nil, fmt.Errorf("--prometheus-config=%s: %w", a.File, err)
		}
		return c, nil
	}
	c := config.DefaultHTTPClientConfig
	if a.InCluster && a.CAFile == "" { // as in prometheus-adapter, the file wins
		c.TLSConfig.CAFile, c.Authorization = serviceAccountCA, &config.Authorization{Type: "Bearer", CredentialsFile: serviceAccountToken}
	}
	if a.CAFile != "" {
		c.TLSConfig = config.TLSConfig{CAFile: a.CAFile, CertFile: a.CertFile, KeyFile: a.KeyFile}
	}
	if a.TokenFile != "" {
		c.Authorization = &config.Authorization{Type: "Bearer", CredentialsFile: a.TokenFile}
	}
	for _, header := range a.Headers {
		name, value, found := strings.Cut(header, "=")
		if !found {
			return nil, fmt.Errorf("--prometheus-header=%s: want name=value", header)
		}
		if c.HTTPHeaders == nil {
			c.HTTPHeaders = &config.Headers{Headers: map[string]config.Header{}}
		}
		h := c.HTTPHeaders.Headers[name]
		h.Values = append(h.Values, value)
		c.HTTPHeaders.Headers[name] = h
	}
	return &c, nil
}

// others reports whether any option besides the two files for all settings is set.
func (a Access) others() bool {
	return a.InCluster || a.CAFile != "" || a.CertFile != "" || a.KeyFile != "" || a.TokenFile != "" || len(a.Headers) > 0
}

// authorizes reports whether requests carry credentials besides any in the URL.
func (a Access) authorizes() bool {
	if a.Kubeconfig != "" {
		return true
	}
	c, err := a.configuration()
	return err == nil && (c.BasicAuth != nil || c.Authorization != nil || c.OAuth2 != nil)
}

// sent describes which credentials and headers requests carry, by the settings that
// they come from.
func (a Access) sent(inURL bool) string {
	c, err := a.configuration()
	switch {
	case a.Kubeconfig != "":
		return "the credentials of --prometheus-auth-config=" + a.Kubeconfig + ": check them"
	case err != nil:
		return "" // there is no transport either
	}
	token := "--prometheus-token-file=" + a.TokenFile
	if a.TokenFile == "" {
		token = "--prometheus-auth-incluster"
	}
	var settings []string
	for _, one := range []struct {
		set         bool
		field, flag string
	}{
		{inURL, "user and password in --prometheus-url", "user and password in --prometheus-url"},
		{c.BasicAuth != nil, "basic_auth", ""},
		{c.Authorization != nil, "authorization", token},
		{c.OAuth2 != nil, "oauth2", ""},
		{c.TLSConfig.CertFile != "", "tls_config.cert_file", "--prometheus-client-tls-cert-file=" + a.CertFile},
		{c.HTTPHeaders != nil, "http_headers", "--prometheus-header"},
	} {
		switch {
		case !one.set:
		case a.File != "":
			settings = append(settings, one.field)
		default:
			settings = append(settings, one.flag)
		}
	}
	switch {
	case settings == nil && a.File != "":
		return "neither credentials nor headers: --prometheus-config=" + a.File + " has none"
	case settings == nil:
		return "neither credentials nor headers: give them by --prometheus-config, --prometheus-token-file or --prometheus-header"
	case a.File != "":
		return fmt.Sprintf("%s of --prometheus-config=%s: check them", strings.Join(settings, ", "), a.File)
	}
	return strings.Join(settings, ", ") + ": check them"
}

func (a Access) kubeconfigTransport() (http.RoundTripper, error) {
	if a.File != "" || a.others() {
		return nil, errors.New("--prometheus-auth-config has everything about access to Prometheus: remove the other --prometheus flags, apart from --prometheus-url, or use --prometheus-config for all of it, which also supports headers")
	}
	c, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(&clientcmd.ClientConfigLoadingRules{ExplicitPath: a.Kubeconfig}, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("--prometheus-auth-config=%s: %w", a.Kubeconfig, err)
	}
	transport, err := rest.TransportFor(c)
	if err != nil {
		return nil, fmt.Errorf("--prometheus-auth-config=%s: %w", a.Kubeconfig, err)
	}
	return transport, nil
}
