// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

const timeout = 30 * time.Second

// maxInFlight limits the requests in flight of every generator, as loadgen does by
// default: beyond that a run would measure the lack of memory or ports.
const maxInFlight = 4096

// runNetHTTP sends with the Transport of net/http: keep-alive, a connection for
// each unanswered request, a timeout by context, no client around it.
func runNetHTTP(opts options) (report, error) {
	dialer := &net.Dialer{Timeout: timeout}
	transport := &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: maxInFlight, DisableCompression: true}
	template, err := http.NewRequest(http.MethodPost, opts.target, http.NoBody)
	if err != nil {
		return report{}, err
	}
	return openLoop(opts, func() (int, error) {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		response, err := transport.RoundTrip(template.WithContext(ctx))
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		return response.StatusCode, err
	}), nil
}

// runFastHTTP sends with the HostClient of fasthttp.
func runFastHTTP(opts options) (report, error) {
	var uri fasthttp.URI
	if err := uri.Parse(nil, []byte(opts.target)); err != nil {
		return report{}, fmt.Errorf("target %q: %w", opts.target, err)
	}
	client := &fasthttp.HostClient{Addr: string(uri.Host()), MaxConns: maxInFlight, MaxIdemponentCallAttempts: 1}
	return openLoop(opts, func() (int, error) {
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(request)
		defer fasthttp.ReleaseResponse(response)
		request.SetRequestURI(opts.target)
		request.Header.SetMethod(fasthttp.MethodPost)
		err := client.DoTimeout(request, response, timeout)
		return response.StatusCode(), err
	}), nil
}

// openLoop is the simplest generator around a client: one goroutine decides when,
// and others, which are reused, send. It records almost nothing, so its cost is that
// of the client.
func openLoop(opts options, exchange func() (status int, err error)) report {
	var (
		succeeded atomic.Int64
		inFlight  atomic.Int64
		failure   atomic.Pointer[string]
		free      = make(chan struct{})
		workers   sync.WaitGroup
	)
	work := func() {
		for more := true; more; _, more = <-free {
			status, err := exchange()
			inFlight.Add(-1)
			if err != nil {
				text := err.Error()
				failure.Store(&text)
			} else if status >= 200 && status < 300 {
				succeeded.Add(1)
			}
		}
	}
	total := int64(opts.rate) * int64(opts.duration) / int64(time.Second)
	gap := time.Second / time.Duration(opts.rate)
	start := time.Now()
	for i := range total {
		for left := time.Until(start.Add(time.Duration(i) * gap)); left > 0; left = time.Until(start.Add(time.Duration(i) * gap)) {
			spec := syscall.NsecToTimespec(int64(left))
			_ = syscall.Nanosleep(&spec, nil) // early only by a signal
		}
		if inFlight.Load() >= maxInFlight {
			continue // dropped: counted in sent - succeeded
		}
		inFlight.Add(1)
		select {
		case free <- struct{}{}:
		default:
			workers.Go(work)
		}
	}
	close(free)
	workers.Wait()
	r := report{Sent: total, Succeeded: succeeded.Load()}
	if text := failure.Load(); text != nil {
		r.Error = *text
	}
	return r
}
