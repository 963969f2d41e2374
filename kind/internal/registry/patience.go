// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	attempts = 4
	// longestWait is the longest Retry-After that is waited for. A longer one is an
	// error at once.
	longestWait = 2 * time.Minute
	// defaultSilence is how long a response may stall before it is given up.
	defaultSilence = 45 * time.Second
)

// busy are the status codes that are retried.
var busy = []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

// BusyError says that a host answered the last of several attempts with a status
// that is retried, or asked for a longer wait than is allowed.
type BusyError struct {
	Host, Status string
	RetryAfter   string // the header's value; may be empty
}

func (e *BusyError) Error() string {
	text := fmt.Sprintf("%s answered %s", e.Host, e.Status)
	if e.RetryAfter != "" {
		text += " (Retry-After: " + e.RetryAfter + ")"
	}
	return text
}

type troubleKey struct{}

// watched returns a context that keeps a BusyError. The library asks for a manifest
// in two places, and reports the second, which did not have it, instead of the
// first, which was busy.
func watched(ctx context.Context) context.Context {
	return context.WithValue(ctx, troubleKey{}, &atomic.Pointer[BusyError]{})
}

// troubleOf returns the BusyError that the context keeps, or nil.
func troubleOf(ctx context.Context) *BusyError {
	if trouble, ok := ctx.Value(troubleKey{}).(*atomic.Pointer[BusyError]); ok {
		return trouble.Load()
	}
	return nil
}

// errSilent cancels a request whose response has stalled.
var errSilent = errors.New("the response stopped in the middle")

// brokenOff reports whether a response ended too soon, so that the rest is worth
// requesting.
func brokenOff(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
}

// patient retries transient failures, honours Retry-After, counts the bytes
// received, and gives up a response that stalls.
func (c *Client) patient(base http.RoundTripper) http.RoundTripper {
	retry := retryablehttp.NewClient()
	retry.Logger, retry.RetryMax, retry.RetryWaitMin, retry.RetryWaitMax = nil, attempts-1, time.Second, 10*time.Second
	// The client above follows redirects.
	retry.HTTPClient = &http.Client{Transport: base, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	retry.ErrorHandler = retryablehttp.PassthroughErrorHandler
	retry.CheckRetry = func(ctx context.Context, response *http.Response, err error) (bool, error) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			var dial *net.OpError
			if errors.As(err, &dial) && dial.Op == "dial" {
				return false, nil // nothing listens there, or there is no route
			}
			return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
		}
		wait := retryablehttp.DefaultBackoff(retry.RetryWaitMin, retry.RetryWaitMax, 0, response)
		deadline, bounded := ctx.Deadline()
		return slices.Contains(busy, response.StatusCode) && wait <= longestWait && !(bounded && time.Until(deadline) < wait), nil
	}
	retry.Backoff = func(least, most time.Duration, attempt int, response *http.Response) time.Duration {
		wait := retryablehttp.DefaultBackoff(least, most, attempt, response)
		if response != nil {
			c.options.Say("%s answered %s: retrying in %s", response.Request.URL.Host, response.Status, wait)
		}
		return wait
	}
	return &patient{c, &retryablehttp.RoundTripper{Client: retry}}
}

type patient struct {
	client *Client
	base   http.RoundTripper
}

func (p *patient) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(request.Context())
	response, err := p.base.RoundTrip(request.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	if slices.Contains(busy, response.StatusCode) {
		_ = response.Body.Close()
		cancel(nil)
		busy := &BusyError{Host: request.URL.Host, Status: response.Status, RetryAfter: response.Header.Get("Retry-After")}
		if trouble, ok := request.Context().Value(troubleKey{}).(*atomic.Pointer[BusyError]); ok {
			trouble.Store(busy)
		}
		return nil, busy
	}
	response.Request = request
	b := &body{ReadCloser: response.Body, read: &p.client.read, silence: p.client.options.Silence, ctx: ctx, cancel: cancel}
	b.timer = time.AfterFunc(b.silence, func() { cancel(errSilent) })
	response.Body = b
	return response, nil
}

// body is a response body that is being read.
type body struct {
	io.ReadCloser
	read    *atomic.Int64
	silence time.Duration
	ctx     context.Context // of the request; Read takes none
	cancel  context.CancelCauseFunc
	timer   *time.Timer
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.timer.Reset(b.silence)
	b.read.Add(int64(n))
	if err != nil && errors.Is(context.Cause(b.ctx), errSilent) {
		err = errSilent
	}
	return n, err
}

func (b *body) Close() error {
	b.timer.Stop()
	err := b.ReadCloser.Close()
	b.cancel(nil)
	return err
}
