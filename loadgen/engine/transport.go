// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net"
	"net/http"
	"time"
)

// idleTimeout closes our end of an unused connection before usual servers close
// theirs (NGINX after 75 s), so that few requests meet a connection that is
// just being closed; a POST is not retried.
const idleTimeout = 30 * time.Second

// NewTransport returns a transport for many requests to one host: HTTP/1.1 with
// keep-alive, a connection kept for each of maxInFlight requests, timeout for
// connecting, no proxy, no transparent decompression (bytes are counted as they
// arrive).
func NewTransport(maxInFlight int, timeout time.Duration) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true) // and no HTTP/2: one request, one connection
	dialer := &net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Protocols:           protocols,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: timeout,
		MaxIdleConns:        0, // no limit beside the one per host
		MaxIdleConnsPerHost: maxInFlight,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}
}
