// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

var errTargetForm = errors.New("must be an http or https URL with a host, for example http://127.0.0.1:80/heavywork")

// parseTarget parses a target; its errors complete the sentence "target ...: ".
// The host of the URL is in ASCII, as DNS and the Host header require (IDNA,
// RFC 5891).
func parseTarget(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, errTargetForm
	}
	if u.User != nil {
		return nil, errors.New("has credentials in it, which loadgen does not send: remove everything before the @")
	}
	return u, checkHost(u)
}

// checkHost refuses hosts and ports that are valid in a URL, but not on a
// network.
func checkHost(u *url.URL) error {
	port := u.Port()
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("has the port %s: it must be from 1 to 65535", port)
		}
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	name, err := asciiName(host)
	if err != nil || !isName(name) || strings.HasPrefix(u.Host, "[") {
		return fmt.Errorf("has the host %q: it must be a name of letters, digits, - and _ between dots, or an IP address, an IPv6 one in brackets", host)
	}
	if u.Host = name; port != "" {
		u.Host = net.JoinHostPort(name, port)
	}
	return nil
}

// asciiName leaves ASCII names as they are: IDNA would refuse the underscores
// that internal names may have.
func asciiName(host string) (string, error) {
	for _, r := range host {
		if r > 127 {
			return idna.Lookup.ToASCII(host)
		}
	}
	return host, nil
}

func isName(name string) bool {
	name = strings.TrimSuffix(name, ".")
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		other := strings.TrimFunc(label, func(r rune) bool {
			return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
		})
		if label == "" || len(label) > 63 || other != "" {
			return false
		}
	}
	return true
}

// checkHostHeader completes the sentence "host ...: ".
func checkHostHeader(host string) error {
	u, err := url.Parse("http://" + host)
	if err != nil || strings.ContainsAny(host, "/?#@%") || u.Hostname() == "" {
		return errors.New("must be a host name or IP address, with or without a port, for example shop.example.org")
	}
	return checkHost(u)
}

func defaultPort(scheme string) string {
	return map[string]string{"http": "80", "https": "443"}[scheme]
}

// hostHeader leaves out a default port, as curl and browsers do (RFC 9110, 4.2):
// servers choose among virtual hosts by exactly this text.
func hostHeader(u *url.URL) string {
	if port := strings.TrimLeft(u.Port(), "0"); port != "" && port != defaultPort(u.Scheme) {
		return net.JoinHostPort(u.Hostname(), port)
	}
	if host := u.Hostname(); strings.Contains(host, ":") {
		return "[" + host + "]" // net/http removes a zone
	}
	return u.Hostname()
}

// hostPort returns the address to connect to.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// CheckReachable opens and closes one TCP connection to the target's host and
// port, so that a typing error shows before the first request and not as a run
// full of errors. It gives up after timeout. Its error distinguishes an unknown
// host, a closed port and no answer, and says what to check.
func CheckReachable(ctx context.Context, target string, timeout time.Duration) error {
	u, err := parseTarget(target)
	if err != nil {
		return fmt.Errorf("target %q: %w", invalid.WithoutCredentials(target), err)
	}
	dialer := net.Dialer{Timeout: timeout}
	connection, err := dialer.DialContext(ctx, "tcp", hostPort(u))
	if err == nil {
		return connection.Close()
	}
	remedy := "check host and port"
	switch kindOf(err) {
	case measure.Unresolved:
		remedy = "check the spelling of the host, or give its IP address"
	case measure.LocalLimit:
		remedy = "this machine ran out of ports, file descriptors or buffers: raise its limit (ulimit -n), or close what uses them"
	case measure.Refused:
		remedy = "nothing listens there: start the server, or check the port"
	case measure.Timeout:
		remedy = fmt.Sprintf("no answer within %s: check host, port and firewall", timeout)
	}
	return fmt.Errorf("%s (%w)", remedy, err)
}
