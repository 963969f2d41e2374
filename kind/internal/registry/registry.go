// SPDX-License-Identifier: Apache-2.0

// Package registry pulls container images and downloads programs on the machine
// itself, with the person's mirror, certificate authority and container engine
// logins, if there are any. It uses containerd's own registry client, so that what
// works here works in a node.
package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/remotes/docker/config"
	"github.com/containerd/log"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// Options say how registries are reached.
type Options struct {
	Hosts   string // folder laid out as containerd's certs.d; empty without a mirror
	CA      string // file of certificates in PEM form to trust besides the system's; may be empty
	Content string // folder of partial pulls, from which an interrupted pull resumes
	Keys    authn.Keychain
	Say     func(format string, args ...any) // reports retries
	Silence time.Duration                    // how long a response may stall; default 45 s
}

// Client pulls from registries. It is safe for concurrent use.
type Client struct {
	options Options
	tls     *tls.Config
	read    atomic.Int64 // bytes
}

// New returns a client. It fails if the certificates cannot be read.
func New(o Options) (*Client, error) {
	if o.Keys == nil {
		// Docker's and podman's logins, credential helpers included.
		o.Keys = authn.DefaultKeychain
	}
	if o.Say == nil {
		o.Say = func(string, ...any) {}
	}
	if o.Silence == 0 {
		o.Silence = defaultSilence
	}
	// The library logs each attempt. The errors of this package say what matters.
	if err := log.SetLevel("panic"); err != nil {
		return nil, fmt.Errorf("silencing the registry library: %w", err)
	}
	c := &Client{options: o, tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	if o.CA == "" {
		return c, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	data, err := os.ReadFile(o.CA)
	if err != nil {
		return nil, fmt.Errorf("REGISTRY_CA: %w", err)
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("REGISTRY_CA=%q: the file holds no certificate in PEM form", o.CA)
	}
	c.tls.RootCAs = pool
	return c, nil
}

// Read returns how many bytes have been received so far.
func (c *Client) Read() int64 { return c.read.Load() }

func (c *Client) resolver(ctx context.Context) docker.ResolverOptions {
	hosts := config.HostOptions{
		DefaultTLS:   c.tls.Clone(),
		Credentials:  c.credentials,
		UpdateClient: func(client *http.Client) error { client.Transport = c.patient(client.Transport); return nil },
	}
	if c.options.Hosts != "" {
		hosts.HostDir = config.HostDirFromRoot(c.options.Hosts)
	}
	return docker.ResolverOptions{Hosts: config.ConfigureHosts(ctx, hosts)}
}

// credentials returns the engine's login for a host, empty if there is none.
func (c *Client) credentials(host string) (user, secret string, err error) {
	if host == "registry-1.docker.io" {
		host = name.DefaultRegistry // logins are kept under its older name
	}
	registry, err := name.NewRegistry(host)
	if err != nil {
		return "", "", fmt.Errorf("looking for the login of %s: %w", host, err)
	}
	login, err := c.options.Keys.Resolve(registry)
	if err != nil {
		return "", "", fmt.Errorf("reading the engine's login for %s: %w", host, err)
	}
	auth, err := login.Authorization()
	if err != nil {
		return "", "", fmt.Errorf("reading the engine's login for %s: %w", host, err)
	}
	if auth.IdentityToken != "" {
		return "", auth.IdentityToken, nil
	}
	return auth.Username, auth.Password, nil
}

// client returns an HTTP client for hosts that are not registries.
func (c *Client) client() *http.Client {
	return &http.Client{Transport: c.patient(docker.DefaultHTTPTransport(c.tls.Clone()))}
}

// writeWhole replaces a file atomically.
func writeWhole(path string, write func(*os.File) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial")
	if err != nil {
		return fmt.Errorf("creating %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(file.Name())
	if err := write(file); err != nil {
		_ = file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(path), err)
	}
	return os.Rename(file.Name(), path)
}
