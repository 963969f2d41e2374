// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

const dialTimeout = 5 * time.Second // for the one connection before the first request

// target is HOST PORT ENDPOINT.
type target struct {
	scheme               string // http or https
	host, port, endpoint string
	addressable          bool // host and port are well-formed
}

func (t target) url() string {
	return t.scheme + "://" + net.JoinHostPort(t.host, t.port) + "/" + t.endpoint
}

// parseTarget checks HOST PORT ENDPOINT; https://HOST asks for TLS.
func parseTarget(arguments []string, problems *invalid.Values) target {
	for _, extra := range arguments[min(3, len(arguments)):] {
		problems.Add("argument", extra, "is one too many after HOST PORT ENDPOINT")
	}
	given := append(slices.Clip(arguments), "", "", "")
	t := target{scheme: "http", host: given[0], port: given[1], endpoint: given[2]}
	if scheme, host, found := strings.Cut(t.host, "://"); found && (scheme == "http" || scheme == "https") {
		t.scheme, t.host = scheme, host
	}

	hostFine := t.host != "" && (net.ParseIP(t.host) != nil || !strings.ContainsAny(t.host, ":/ []@?#%"))
	if !hostFine {
		problems.Add("HOST", given[0], "must be a host name or IP address without port or path, for example localhost, or https://localhost for TLS")
	}
	number, err := strconv.ParseUint(t.port, 10, 16)
	portFine := err == nil && number > 0
	if !portFine {
		problems.Add("PORT", t.port, "must be a whole number from 1 to 65535, for example 80")
	}
	if t.endpoint != "heavywork" && t.endpoint != "lightwork" {
		problems.Add("ENDPOINT", t.endpoint, "must be heavywork or lightwork")
	}
	t.addressable = hostFine && portFine
	return t
}

// check connects once. It also does when other values are bad: the point is to
// name all of them at once.
func (t target) check(ctx context.Context, timeout time.Duration, problems *invalid.Values) {
	if !t.addressable {
		return
	}
	if err := engine.CheckReachable(ctx, t.url(), min(timeout, dialTimeout)); err != nil && ctx.Err() == nil {
		problems.Add("HOST PORT", t.host+" "+t.port, "%v", err)
	}
}
