// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/net/idna"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

const dialTimeout = 5 * time.Second // for the one connection before the first request

// endpoints are those of this project's application.
func endpoints() []string { return []string{"heavywork", "lightwork"} }

// target is HOST PORT ENDPOINT.
type target struct {
	scheme               string // http or https
	host, port, endpoint string
	query                string
	addressable          bool // host and port are well-formed
}

func (t target) url() string {
	u := url.URL{Scheme: t.scheme, Host: net.JoinHostPort(t.host, t.port), Path: "/" + t.endpoint, RawQuery: t.query}
	return u.String() // escapes the % in front of a zone
}

// parseTarget checks HOST PORT ENDPOINT.
func parseTarget(arguments []string, problems *invalid.Values) target {
	t := parseAddress(arguments, "ENDPOINT", problems)
	if !slices.Contains(endpoints(), t.endpoint) {
		problems.Add("ENDPOINT", t.endpoint, "must be %s", strings.Join(endpoints(), " or "))
	}
	return t
}

// parsePath checks HOST PORT PATH, for any application.
func parsePath(arguments []string, problems *invalid.Values) target {
	t := parseAddress(arguments, "PATH", problems)
	u, err := url.Parse("/" + strings.TrimLeft(t.endpoint, "/"))
	if err != nil || t.endpoint == "" || u.Fragment != "" || strings.ContainsFunc(t.endpoint, unicode.IsSpace) {
		problems.Add("PATH", t.endpoint, "must be a path, with or without a query, for example heavywork or api/orders?page=1")
		return t
	}
	t.endpoint, t.query = strings.TrimPrefix(u.Path, "/"), u.RawQuery
	return t
}

// parseAddress checks HOST PORT in front of a third argument; https://HOST asks
// for TLS.
func parseAddress(arguments []string, third string, problems *invalid.Values) target {
	for _, extra := range arguments[min(3, len(arguments)):] {
		problems.Add("argument", extra, "is one too many after HOST PORT %s", third)
	}
	given := append(slices.Clip(arguments), "", "", "")
	t := target{scheme: "http", host: given[0], port: given[1], endpoint: given[2]}
	if scheme, host, found := strings.Cut(t.host, "://"); found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) {
		t.scheme, t.host = strings.ToLower(scheme), host
	}

	host, hostFine := networkHost(t.host)
	if hostFine {
		t.host = host
	} else {
		shown := given[0]
		if at := strings.LastIndexByte(shown, '@'); at >= 0 && !strings.Contains(shown, "://") {
			shown = "xxxxx" + shown[at:] // hides credentials
		}
		problems.Add("HOST", shown, "must be a host name or IP address without port, path or credentials, for example localhost, or https://localhost for TLS; "+
			"an IPv6 address may have brackets, and a zone after %%, as in fe80::1%%eth0")
	}
	number, err := strconv.ParseUint(t.port, 10, 16)
	portFine := err == nil && number > 0
	if !portFine {
		problems.Add("PORT", t.port, "must be a whole number from 1 to 65535, for example 80")
	}
	t.addressable = hostFine && portFine
	if portFine {
		t.port = strconv.FormatUint(number, 10)
	}
	return t
}

// networkHost returns a host as the network expects it: an IPv6 address without
// brackets, an international name in ASCII (IDNA, RFC 5891).
func networkHost(host string) (string, bool) {
	address := host
	if inner, opened := strings.CutPrefix(host, "["); opened {
		var closed bool
		if address, closed = strings.CutSuffix(inner, "]"); !closed || !strings.Contains(address, ":") {
			return host, false
		}
		// As in a URL (RFC 6874): %25 and the zone, unless that is a number such as 251.
		if bare, zone, found := strings.Cut(address, "%25"); found && zone != "" && (zone[0] < '0' || zone[0] > '9') {
			address = bare + "%" + zone
		}
	}
	if _, err := netip.ParseAddr(address); err == nil {
		return address, true
	}
	if host == "" || strings.ContainsAny(host, ":/[]@?#%") || strings.ContainsFunc(host, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return host, false
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }) {
		name, err := idna.Lookup.ToASCII(host)
		return name, err == nil
	}
	return host, true
}

// check connects once. It does so even if other values are bad, so that all
// problems are listed at once.
func (t target) check(ctx context.Context, timeout time.Duration, problems *invalid.Values) {
	if !t.addressable {
		return
	}
	if err := engine.CheckReachable(ctx, t.url(), min(timeout, dialTimeout)); err != nil && ctx.Err() == nil {
		problems.Add("HOST PORT", t.host+" "+t.port, "%v", err)
	}
}
