// SPDX-License-Identifier: Apache-2.0

// Package await waits for another process of the same pod.
package await

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	// limit is how long a process may take to become ready: longer than any working
	// one needs, even on a node whose CPU is saturated.
	limit = time.Minute
	// pause between attempts: a process is ready a few milliseconds after it starts.
	pause = 5 * time.Millisecond
	// answer limits one attempt.
	answer = time.Second
)

// Ready waits until the service with this metrics port, on this host, is ready. It
// returns an error if that takes more than a minute, or if ctx ends first.
func Ready(ctx context.Context, metricsPort int) error {
	return ready(ctx, metricsPort, limit)
}

func ready(ctx context.Context, metricsPort int, limit time.Duration) error {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	url := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(metricsPort)) + "/readyz"
	again := time.NewTicker(pause)
	defer again.Stop()
	var last error
	for {
		err := ask(within, url)
		if err == nil {
			return nil
		}
		if within.Err() == nil || last == nil {
			last = err // the error of the expired deadline would hide the reason
		}
		select {
		case <-within.Done():
			if ctx.Err() != nil {
				return fmt.Errorf("waiting for %s: %w", url, ctx.Err())
			}
			return fmt.Errorf("waiting for %s: not ready within %s: %w; see the log of that process, and whether its --metrics-port is %d",
				url, limit, last, metricsPort)
		case <-again.C:
		}
	}
}

func ask(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, answer)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", response.Status)
	}
	return nil
}
