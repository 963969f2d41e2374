// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// retryAfter is the Retry-After of a 503, in seconds.
const retryAfter = "2"

// maxHeaderBytes limits the memory of a held request: its body is not read before a
// pod accepts the connection.
const maxHeaderBytes = 64 << 10

// scrapeHeader is in every scrape of Prometheus, and of programs that scrape like it.
const scrapeHeader = "X-Prometheus-Scrape-Timeout-Seconds"

type connKey struct{}

// Server returns a server for the gate's port. Connections from NGINX and to pods are
// closed after each request: requests on a kept connection would still pass through
// the activator once pods are ready.
func (g *Gate) Server(log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:                      g,
		ReadHeaderTimeout:            10 * time.Second, // bodies and answers have no time limit
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext:                  func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	server.SetKeepAlivesEnabled(false)
	return server
}

// ServeHTTP sends the request to a pod once one is ready. A scrape is refused:
// Prometheus finds the activator among the Service's endpoints, and would otherwise
// keep the workload up, and count a pod's series once for each activator.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(scrapeHeader) != "" {
		g.metrics.Request(metrics.Scrape)
		http.Error(w, "activator: not a pod: keep only targets with a pod in the scrape configuration", http.StatusServiceUnavailable)
		return
	}
	g.enter()
	defer g.leave()
	conn, result, err := g.connect(r.Context(), func() bool { return !hasLeft(r.Context().Value(connKey{})) })
	if err != nil {
		g.metrics.Request(result)
		if result == metrics.GaveUp {
			panic(http.ErrAbortHandler) // the client has gone: send no answer that no pod has given
		}
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "activator: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer conn.Close() // in case it was not used
	// Deferred, because an answer that breaks off panics with ErrAbortHandler.
	defer func() { g.metrics.Request(result) }()
	once := &httputil.ReverseProxy{
		Rewrite:       rewrite,
		Transport:     transport(conn),
		FlushInterval: -1, // at once
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			result = metrics.BadReply
			if r.Context().Err() != nil {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, "activator: the pod did not answer", http.StatusBadGateway)
		},
	}
	once.ServeHTTP(w, r)
}

// rewrite keeps the request as it is: Host, path, query, and the forwarding headers of
// the proxy in front.
func rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", "pod"
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	p.Out.Host = p.In.Host
	p.Out.Trailer = p.In.Trailer // filled when the body has been read
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, there := p.In.Header[name]; there {
			p.Out.Header[name] = values
		}
	}
}

// transport sends one request over one connection. It has no other connection on which
// it could retry the request.
func transport(conn net.Conn) http.RoundTripper {
	var once sync.Once
	return &http.Transport{
		DisableKeepAlives:     true,
		DisableCompression:    true, // Accept-Encoding stays the client's
		ExpectContinueTimeout: 10 * time.Second,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			err := errors.New("a request is sent once")
			once.Do(func() { err = nil })
			if err != nil {
				return nil, err
			}
			return conn, nil
		},
	}
}
