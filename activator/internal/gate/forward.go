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

// retryAfter is what a client is told to wait before it asks again, in seconds.
const retryAfter = "2"

// maxHeaderBytes bounds what is read of a request while it is held: its body is
// not read before a pod takes it.
const maxHeaderBytes = 64 << 10

type connKey struct{}

// Server returns a server for the gate's port. A connection is closed after each
// request, to NGINX as well as to pods: one that is kept would go on to pass the
// activator once pods are ready.
func (g *Gate) Server(log *slog.Logger) *http.Server {
	server := &http.Server{
		Handler:                      g,
		ReadHeaderTimeout:            10 * time.Second, // bodies and answers may take their time
		MaxHeaderBytes:               maxHeaderBytes,
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext:                  func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	server.SetKeepAlivesEnabled(false)
	return server
}

// ServeHTTP sends the request to a pod once there is one.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.enter()
	defer g.leave()
	conn, result, err := g.connect(r.Context(), func() bool { return !hasLeft(r.Context().Value(connKey{})) })
	if err != nil {
		g.metrics.Request(result)
		if result == metrics.GaveUp {
			panic(http.ErrAbortHandler) // an answer would be one that the pod has not given
		}
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "activator: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	defer conn.Close() // in case it was not used
	// ErrAbortHandler comes through here when an answer breaks off.
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

// rewrite leaves the request as it is: Host, path, query, and what the proxy in
// front has written about the client.
func rewrite(p *httputil.ProxyRequest) {
	p.Out.URL.Scheme, p.Out.URL.Host = "http", "pod"
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	p.Out.Host = p.In.Host
	p.Out.Trailer = p.In.Trailer // it is filled when the body has been read
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values, there := p.In.Header[name]; there {
			p.Out.Header[name] = values
		}
	}
}

// transport sends one request over one connection. There is no second one that it
// could send the request on again.
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
