// SPDX-License-Identifier: Apache-2.0

// Package service runs the two HTTP servers until they have shut down gracefully.
package service

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/api"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/metrics"
)

// Service is one process's pair of servers, with both ports already open.
type Service struct {
	cfg        config.Config
	log        *slog.Logger
	state      *api.State
	inFlight   *api.InFlight
	traffic    server
	operations server
	// after is time.After; tests replace it to end the drain themselves.
	after func(time.Duration) <-chan time.Time
}

// Listen opens both ports and returns the service for Serve. Its error names the port that could
// not be opened, and the flag that changes it.
func Listen(ctx context.Context, cfg config.Config, log *slog.Logger) (*Service, error) {
	traffic, err := listen(ctx, cfg.Port, "--port")
	if err != nil {
		return nil, err
	}
	operations, err := listen(ctx, cfg.MetricsPort, "--metrics-port")
	if err != nil {
		_ = traffic.Close() // nothing has been served yet
		return nil, err
	}

	state, inFlight := new(api.State), new(api.InFlight)
	counted := metrics.New(inFlight.Count)
	return &Service{
		cfg:        cfg,
		log:        log,
		state:      state,
		inFlight:   inFlight,
		traffic:    newServer(traffic, api.Traffic(counted.HeavyWorkServed, counted.Answered, state, inFlight), log),
		operations: newServer(operations, api.Operations(counted.Gatherer(), state), log),
		after:      time.After,
	}, nil
}

func listen(ctx context.Context, port int, flag string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("", strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("open the port of %s: %w; free it, or set %s to another port", flag, err, flag)
	}
	return listener, nil
}

// server is an HTTP server with the listener it serves.
type server struct {
	*http.Server
	listener net.Listener
}

func newServer(listener net.Listener, handler http.Handler, log *slog.Logger) server {
	return server{
		listener: listener,
		Server: &http.Server{
			Handler: handler,
			// A request is a few hundred bytes: a client slower than this is broken or hostile.
			// The timeouts are shorter than the default shutdown timeout, so such a client cannot
			// delay a shutdown.
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       5 * time.Second,
			WriteTimeout:      10 * time.Second,
			// Longer than the 60 s after which NGINX closes an idle upstream connection, so that the
			// proxy closes first and never sends a request on a connection just closed here.
			IdleTimeout:    90 * time.Second,
			MaxHeaderBytes: 32 << 10,
			ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		},
	}
}
