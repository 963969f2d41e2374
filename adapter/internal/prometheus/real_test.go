// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"github.com/prometheus/exporter-toolkit/web"
	"golang.org/x/crypto/bcrypt"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
)

// These tests query a Prometheus that requires credentials. It is made of Prometheus' own
// storage, engine and code for --web.config.file, or with PROMETHEUS=/path/to/prometheus
// it is that program.

// startReal starts a Prometheus in which jobs_waiting has a value, and returns its
// host and port. The web configuration is a file that may change.
func startReal(t *testing.T, webConfig string, value float64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	program := os.Getenv("PROMETHEUS")
	if program == "" {
		s := promtest.New(t)
		s.Add(t, `jobs_waiting{namespace="ns",pod="a"}`, time.Now().Add(-time.Minute), time.Now().Add(10*time.Minute), value, 0)
		server := &http.Server{Handler: s.Config.Handler, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
		go func() {
			err := web.Serve(listener, server, &web.FlagConfig{WebConfigFile: &webConfig}, slog.New(slog.DiscardHandler))
			if !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}()
		t.Cleanup(func() { _ = server.Close() })
		return address
	}
	listener.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules.yml"), fmt.Sprintf(`{groups: [{name: jobs, interval: 1s, rules: [{record: jobs_waiting, expr: vector(%v), labels: {namespace: ns, pod: a}}]}]}`, value))
	write(t, filepath.Join(dir, "prometheus.yml"), "rule_files: [rules.yml]\n")
	cmd := exec.Command(program, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--web.config.file="+webConfig)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s", &log)
		}
	})
	return address
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// connect returns the servers of an adapter with these settings.
func connect(t *testing.T, url string, access Access) *Servers {
	t.Helper()
	s, err := NewServers([]string{url}, access, time.Minute, prometheus.NewRegistry().MustRegister)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// look sends all kinds of request that the adapter sends, and returns the value.
func look(s *Servers) (value string, err error) {
	ctx, now := context.Background(), time.Now()
	if labels, err := s.LabelNames(ctx, `jobs_waiting`, now.Add(-time.Minute), now); err != nil || fmt.Sprint(labels) != "[__name__ namespace pod]" {
		return "", fmt.Errorf("the labels are %q: %w", labels, err)
	}
	if names, err := s.SeriesNames(ctx, `jobs_waiting{pod!=""}`, time.Minute, now); err != nil || fmt.Sprint(names) != "[jobs_waiting]" {
		return "", fmt.Errorf("the names are %q: %w", names, err)
	}
	if series, err := s.Series(ctx, `jobs_waiting`, now.Add(-time.Minute), now); err != nil || len(series["jobs_waiting"]) != 2 {
		return "", fmt.Errorf("the series are %q: %w", series, err)
	}
	result, _, err := s.Query(ctx, "", `sum by (pod) (jobs_waiting{namespace="ns",pod=~"a|b"})`, now)
	if vector, ok := result.(model.Vector); err == nil && ok && len(vector) == 1 {
		return vector[0].Value.String(), nil
	}
	return "", fmt.Errorf("the result is %v: %w", result, err)
}

// becomes waits for a value: the program needs a moment until it answers, and until it
// has evaluated the rule.
func becomes(t *testing.T, s *Servers, want string) {
	t.Helper()
	var got string
	var last error
	if wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		got, last = look(s)
		return got == want, nil
	}) != nil {
		t.Fatalf("the value is %q, want %s: %v", got, want, last)
	}
}

// fails requires an error that contains all of the texts.
func fails(t *testing.T, s *Servers, want ...string) {
	t.Helper()
	_, _, err := s.Query(t.Context(), "", "jobs_waiting", time.Now())
	for _, text := range want {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error is\n%v\nwant %q in it", err, text)
		}
	}
}

// authority signs certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	file        string
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: t.Name()}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	a.file = write(t, filepath.Join(t.TempDir(), "ca.crt"), a.signed(t, a.certificate, a.key))
	return a
}

// signed returns a certificate in PEM form.
func (a authority) signed(t *testing.T, of *x509.Certificate, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, of, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// issue writes tls.crt and tls.key, for a server at 127.0.0.1 or for a client.
func (a authority) issue(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := a.signed(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "adapter"}, NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, key)
	return write(t, filepath.Join(dir, "tls.crt"), certificate), write(t, filepath.Join(dir, "tls.key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
}

// A proxy with TLS requires a token, and the Prometheus behind it has TLS too.
func TestAPrometheusBehindTLSAndAToken(t *testing.T) {
	dir, ca := t.TempDir(), newAuthority(t)
	certFile, keyFile := ca.issue(t, dir)
	tlsConfig := fmt.Sprintf("tls_server_config: {cert_file: %s, key_file: %s}\n", certFile, keyFile)
	behind := &url.URL{Scheme: "https", Host: startReal(t, write(t, filepath.Join(dir, "web.yml"), tlsConfig), 3)}
	transport, err := Access{CAFile: ca.file}.Transport()
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	token := "one"
	proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+token {
			http.Error(w, "the token is not valid", http.StatusUnauthorized)
			return
		}
		(&httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}).ServeHTTP(w, r)
	}))
	proxy.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	front := listenTLS(t, proxy.Listener, fmt.Sprintf("tls_server_config: {cert_file: %s, key_file: %s}\n", certFile, keyFile), proxy.Config)

	tokenFile := write(t, filepath.Join(dir, "token"), "one\n")
	flags := connect(t, front, Access{CAFile: ca.file, TokenFile: tokenFile})
	file := write(t, filepath.Join(dir, "access.yml"), fmt.Sprintf("tls_config: {ca_file: %s}\nauthorization: {credentials_file: %s}\n", ca.file, tokenFile))
	inFile := connect(t, front, Access{File: file})
	for _, s := range []*Servers{flags, inFile} {
		becomes(t, s, "3")
	}
	mu.Lock()
	token = "two"
	mu.Unlock()
	fails(t, flags, "401 Unauthorized", "the token is not valid", "--prometheus-token-file="+tokenFile+": check")
	fails(t, inFile, "401 Unauthorized", "authorization of --prometheus-config="+file+": check")
	write(t, tokenFile, "two\n")
	for _, s := range []*Servers{flags, inFile} {
		if got, err := look(s); got != "3" {
			t.Errorf("with the new token: %q, %v", got, err)
		}
	}
	fails(t, connect(t, front, Access{CAFile: ca.file}), "401 Unauthorized", "neither credentials nor headers: give them by --prometheus-config")
	fails(t, connect(t, front, Access{TokenFile: tokenFile}), "certificate signed by unknown authority", "--prometheus-ca-file", "tls_config.ca_file")
	fails(t, connect(t, strings.Replace(front, "127.0.0.1", "localhost", 1), Access{CAFile: ca.file, TokenFile: tokenFile}), "localhost", "tls_config.server_name")
	fails(t, connect(t, strings.Replace(front, "https", "http", 1), Access{TokenFile: tokenFile}), "400 Bad Request", "HTTP request to an HTTPS server")
}

// listenTLS serves with a web configuration, and returns the URL.
func listenTLS(t *testing.T, listener net.Listener, webConfig string, server *http.Server) string {
	t.Helper()
	path := write(t, filepath.Join(t.TempDir(), "web.yml"), webConfig)
	go func() {
		err := web.Serve(listener, server, &web.FlagConfig{WebConfigFile: &path}, slog.New(slog.DiscardHandler))
		if !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { _ = server.Close() })
	return "https://" + listener.Addr().String()
}

// forwarder forwards connections to an address, and can close all of them.
type forwarder struct {
	net.Listener
	mu   sync.Mutex
	open []net.Conn
}

func forward(t *testing.T, to string) *forwarder {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &forwarder{Listener: listener}
	t.Cleanup(func() { listener.Close(); f.cut() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			f.mu.Lock()
			f.open = append(f.open, from, there)
			f.mu.Unlock()
			go func() { _, _ = io.Copy(there, from); there.Close() }()
			go func() { _, _ = io.Copy(from, there); from.Close() }()
		}
	}()
	return f
}

func (f *forwarder) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.open {
		one.Close()
	}
	f.open = nil
}

func TestAPrometheusThatWantsAClientsCertificate(t *testing.T) {
	ca, clients, later := newAuthority(t), newAuthority(t), newAuthority(t)
	certFile, keyFile := ca.issue(t, t.TempDir())
	trusted := filepath.Join(t.TempDir(), "clients.crt")
	trust := func(a authority) {
		text, err := os.ReadFile(a.file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, trusted, string(text))
	}
	trust(clients)
	f := forward(t, startReal(t, write(t, filepath.Join(t.TempDir(), "web.yml"), fmt.Sprintf(
		"tls_server_config: {cert_file: %s, key_file: %s, client_auth_type: RequireAndVerifyClientCert, client_ca_file: %s}\n", certFile, keyFile, trusted)), 4))
	front := "https://" + f.Addr().String()

	dir := t.TempDir()
	mine, key := clients.issue(t, dir)
	flags := connect(t, front, Access{CAFile: ca.file, CertFile: mine, KeyFile: key})
	inFile := connect(t, front, Access{File: write(t, filepath.Join(dir, "access.yml"), fmt.Sprintf("tls_config: {ca_file: %s, cert_file: %s, key_file: %s}\n", ca.file, mine, key))})
	both := []*Servers{flags, inFile}
	for _, s := range both {
		becomes(t, s, "4")
	}
	trust(later)
	f.cut()
	for _, s := range both {
		fails(t, s, "tls_config.cert_file", "--prometheus-client-tls-cert-file")
	}
	later.issue(t, dir)
	for _, s := range both {
		if got, err := look(s); got != "4" {
			t.Errorf("with the new certificate: %q, %v", got, err)
		}
	}
	fails(t, connect(t, front, Access{CAFile: ca.file}), "tls_config.cert_file")
}

func TestAPrometheusWithBasicAuth(t *testing.T) {
	dir := t.TempDir()
	webConfig := filepath.Join(dir, "web.yml")
	expect := func(password string) {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		write(t, webConfig, fmt.Sprintf("basic_auth_users: {adapter: %s}\n", hash))
	}
	expect("one")
	address := startReal(t, webConfig, 5)
	front := "http://" + address
	passwordFile := write(t, filepath.Join(dir, "password"), "one\n")
	file := write(t, filepath.Join(dir, "access.yml"), fmt.Sprintf("basic_auth: {username: adapter, password_file: %s}\n", passwordFile))
	s := connect(t, front, Access{File: file})
	inURL := connect(t, "http://adapter:one@"+address, Access{})
	becomes(t, s, "5")
	becomes(t, inURL, "5")
	expect("two")
	fails(t, s, "401 Unauthorized", "basic_auth of --prometheus-config="+file+": check")
	fails(t, inURL, "401 Unauthorized", "user and password in --prometheus-url")
	write(t, passwordFile, "two\n")
	if got, err := look(s); got != "5" {
		t.Errorf("with the new password: %q, %v", got, err)
	}
	fails(t, connect(t, front, Access{}), "401 Unauthorized", "neither credentials nor headers")
	if err := os.Remove(passwordFile); err != nil {
		t.Fatal(err)
	}
	fails(t, s, passwordFile)
}

// A proxy has a Prometheus for each tenant, as Mimir and Thanos Receive have separate series.
func TestAPrometheusThatWantsATenant(t *testing.T) {
	dir := t.TempDir()
	tenants := map[string]*url.URL{}
	for name, value := range map[string]float64{"blue": 6, "green": 7} {
		tenants[name] = &url.URL{Scheme: "http", Host: startReal(t, "", value)}
	}
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant := r.Header.Get("X-Scope-OrgID")
		switch to, ok := tenants[tenant]; {
		case tenant == "":
			http.Error(w, "no org id", http.StatusUnauthorized)
		case !ok:
			http.Error(w, "no such tenant", http.StatusForbidden)
		default:
			(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}).ServeHTTP(w, r)
		}
	}))
	t.Cleanup(proxy.Close)
	tenantFile := write(t, filepath.Join(dir, "tenant"), "green\n")
	file := write(t, filepath.Join(dir, "access.yml"), fmt.Sprintf("http_headers: {X-Scope-OrgID: {files: [%s]}}\n", tenantFile))
	blue, inFile := connect(t, proxy.URL, Access{Headers: []string{"X-Scope-OrgID=blue"}}), connect(t, proxy.URL, Access{File: file})
	becomes(t, blue, "6")
	becomes(t, inFile, "7")
	write(t, tenantFile, "blue\n")
	if got, err := look(inFile); got != "6" {
		t.Errorf("after the tenant has changed: %q, %v", got, err)
	}
	write(t, tenantFile, "red\n")
	fails(t, inFile, "403 Forbidden", "no such tenant", "http_headers of --prometheus-config="+file+": check")
	fails(t, connect(t, proxy.URL, Access{}), "401 Unauthorized", "no org id", "--prometheus-header")
	fails(t, connect(t, proxy.URL+"/prometheus", Access{Headers: []string{"X-Scope-OrgID=blue"}}), "404 Not Found", "--prometheus-url")
}
