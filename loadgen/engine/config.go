// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"cmp"
	"crypto/tls"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Defaults and limits of a [Config].
const (
	DefaultMaxInFlight  = 4096
	DefaultTimeout      = 30 * time.Second
	DefaultIdleTimeout  = 2 * time.Second // well below the shortest keep-alive timeout of servers, usually 5 s: a busy machine delays an answer or a close by more than a second
	DefaultObserveEvery = 5 * time.Second

	LimitMaxInFlight = 65_535              // one connection each: there are no more local ports than this
	LimitTimeout     = measure.Longest / 2 // a request may also be sent that late
	LimitIdleTimeout = time.Hour
)

// Schedule says when requests are due. [schedule.Poisson] is one.
//
// [schedule.Poisson]: https://pkg.go.dev/github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule#Poisson
type Schedule interface {
	// Arrivals yields offsets from the start of the run, never decreasing.
	Arrivals() iter.Seq[time.Duration]
	// Duration is the length of the run; no arrival lies beyond it.
	Duration() time.Duration
}

// Config describes one run. Target and Schedule are required; the zero value of
// every other field means its default.
type Config struct {
	Target   string // http or https URL without credentials; requests have no body
	Schedule Schedule
	Method   string // POST, the default, or GET

	// Host is the Host header, which selects among sites that share an address;
	// default that of Target, without the default port. It plays no part in
	// verifying the certificate of an https target.
	Host string

	MaxInFlight int           // unanswered requests at a time, 1 to LimitMaxInFlight; default DefaultMaxInFlight
	Timeout     time.Duration // from sending a request to the end of its answer, at most LimitTimeout; default DefaultTimeout

	// IdleTimeout is how long a connection may be unused before it is closed, at
	// most LimitIdleTimeout; default DefaultIdleTimeout. A server that closes
	// idle connections may close one just as a request is sent on it, which
	// loses the request: so the client must close first.
	IdleTimeout    time.Duration
	NewConnections bool // a new connection for each request, instead of keep-alive

	// Observe, when set, is called every ObserveEvery while the run lasts, and
	// once more when it is over. Calls never overlap and all end before Run
	// returns; a slow call delays the next one, never a request.
	Observe      func(Progress)
	ObserveEvery time.Duration // default DefaultObserveEvery

	// TLS, when set, is used for https targets, for example with custom
	// certificate authorities. It is copied; the server's certificate is
	// verified by default.
	TLS *tls.Config
}

func (c Config) withDefaults() Config {
	c.Method = cmp.Or(c.Method, http.MethodPost)
	if c.MaxInFlight == 0 {
		c.MaxInFlight = DefaultMaxInFlight
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.IdleTimeout == 0 {
		c.IdleTimeout = DefaultIdleTimeout
	}
	if c.ObserveEvery == 0 {
		c.ObserveEvery = DefaultObserveEvery
	}
	return c
}

// Validate returns one error that lists every field out of range. Run calls it.
func (c Config) Validate() error {
	var problems invalid.Values
	if _, err := parseTarget(c.Target); err != nil {
		problems.Add("target", c.Target, "%v", err)
	}
	if c.Method != "" && c.Method != http.MethodPost && c.Method != http.MethodGet {
		problems.Add("method", c.Method, "must be POST or GET")
	}
	if c.Host != "" {
		if err := checkHostHeader(c.Host); err != nil {
			problems.Add("host", c.Host, "%v", err)
		}
	}
	if c.Schedule == nil {
		problems.Add("schedule", "", "is required, for example one made by schedule.NewPoisson")
	}
	if c.MaxInFlight < 0 || c.MaxInFlight > LimitMaxInFlight {
		problems.Add("max-in-flight", strconv.Itoa(c.MaxInFlight), "must be from 1 to %d, for example %d", LimitMaxInFlight, DefaultMaxInFlight)
	}
	if c.Timeout < 0 || c.Timeout > LimitTimeout {
		problems.Add("timeout", c.Timeout.String(), "must be above 0 and at most %s, for example %s", LimitTimeout, DefaultTimeout)
	}
	if c.IdleTimeout < 0 || c.IdleTimeout > LimitIdleTimeout {
		problems.Add("idle-timeout", c.IdleTimeout.String(), "must be above 0 and at most %s, for example %s", LimitIdleTimeout, DefaultIdleTimeout)
	}
	if c.ObserveEvery < 0 {
		problems.Add("observe-every", c.ObserveEvery.String(), "must be above 0, for example %s", DefaultObserveEvery)
	}
	return problems.Err()
}
