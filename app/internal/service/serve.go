// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
)

// Serve answers requests until ctx is cancelled, then drains and shuts down; call it once. It
// returns nil if every request was served to its end.
func (s *Service) Serve(ctx context.Context) error {
	failed := make(chan error, 2) // one slot per server, so neither goroutine can hang
	var running sync.WaitGroup
	for name, srv := range map[string]server{"traffic": s.traffic, "metrics": s.operations} {
		running.Go(func() {
			if err := srv.Serve(srv.listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s server: %w", name, err)
			}
		})
	}
	s.state.SetReady()
	s.log.Info("serving",
		"traffic", s.traffic.listener.Addr().String(), "metrics", s.operations.listener.Addr().String(),
		"drain", s.cfg.Drain.String(), "shutdown_timeout", s.cfg.ShutdownTimeout.String())

	err := s.untilStopped(ctx, failed)
	running.Wait()
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}

// untilStopped waits for the stop signal, then for the drain, and stops both servers.
func (s *Service) untilStopped(ctx context.Context, failed <-chan error) error {
	select {
	case <-ctx.Done():
	case err := <-failed:
		return errors.Join(err, s.close())
	}

	// First become not ready, and keep serving: endpoints and proxies need a moment to drop this
	// replica, and until then they send requests to it.
	s.state.SetDraining()
	s.log.Info("draining", "cause", fmt.Sprint(context.Cause(ctx)), "for", s.cfg.Drain.String())
	select {
	case <-s.after(s.cfg.Drain):
	case err := <-failed:
		return errors.Join(err, s.close())
	}
	return s.shutDown(context.WithoutCancel(ctx))
}

// shutDown waits for requests in flight. The traffic server stops first, so that the metrics server
// can still be scraped and probed meanwhile.
func (s *Service) shutDown(ctx context.Context) error {
	s.log.Info("stopping", "in_flight", s.inFlight.Count())
	ctx, cancel := context.WithTimeout(ctx, s.cfg.ShutdownTimeout)
	defer cancel()

	if s.traffic.Shutdown(ctx) != nil {
		// Idle connections may be closed at any time; only requests count as cut off.
		if cut := s.inFlight.Count(); cut > 0 {
			return errors.Join(
				fmt.Errorf("cut off %d requests still in flight after %q: raise --shutdown-timeout", cut, s.cfg.ShutdownTimeout.String()),
				s.close())
		}
	}
	if s.operations.Shutdown(ctx) != nil {
		s.log.Warn("a scrape or probe was cut off")
	}
	return s.close()
}

// close closes both servers and all remaining connections.
func (s *Service) close() error {
	return errors.Join(s.traffic.Close(), s.operations.Close())
}
