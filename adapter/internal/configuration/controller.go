// SPDX-License-Identifier: Apache-2.0

package configuration

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/klog/v2"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

// again is the initial backoff after Prometheus has not answered. It doubles with each
// retry, up to the relist interval.
const again = time.Second

// refresh is the minimum interval at which the kinds of the API server are discovered
// again, for rules whose labels may stand for any kind.
const refresh = time.Minute

// patience is how long a new replica stays unready while it waits for the first
// answer from Prometheus.
const patience = 10 * time.Second

// Controller keeps what is served in sync with the rules and with Prometheus.
type Controller struct {
	Mapper     meta.ResettableRESTMapper
	Discoverer *discovery.Discoverer
	Relist     time.Duration
	// Loaded is called with the digest of each text once it is served, even if it is
	// the text served before, loaded again after another was refused. It must not block.
	Loaded func(digest string)
	// Refused is called when a text cannot be served: with its digest if the text is
	// invalid, and with an empty one if it cannot be read. Calls with a digest come
	// from the same goroutine as calls of Loaded, so the two are never concurrent.
	Refused func(digest string, err error)

	texts    chan []byte
	text     []byte // the last valid one
	set      *rules.Set
	untold   bool      // Loaded has not been called for set yet
	asked    time.Time // when kinds were last discovered
	begun    time.Time
	valid    atomic.Bool // a text has been loaded
	listed   atomic.Bool // Prometheus has answered once
	registry atomic.Pointer[discovery.Registry]
	fault    atomic.Pointer[error]
	metrics  metrics
}

// NewController registers the controller's metrics.
func NewController(register func(...prometheus.Collector)) *Controller {
	c := &Controller{
		texts: make(chan []byte, 1), begun: time.Now(), Loaded: func(string) {}, Refused: func(string, error) {}, metrics: newMetrics(register),
	}
	c.registry.Store(&discovery.Registry{})
	return c
}

// Registry returns the registry that is served now.
func (c *Controller) Registry() *discovery.Registry { return c.registry.Load() }

// Name is the name of the readiness check.
func (c *Controller) Name() string { return "rules" }

// Check succeeds once rules are loaded and Prometheus has listed the series, or has
// not done so within patience: without Prometheus the API still serves, and each
// metric is an error. Invalid rules do not end readiness if valid ones were loaded
// before.
func (c *Controller) Check(*http.Request) error {
	if c.valid.Load() {
		if c.listed.Load() || time.Since(c.begun) > patience {
			return nil
		}
		return errors.New("series have not been listed yet")
	}
	if fault := c.fault.Load(); fault != nil {
		return *fault
	}
	return errors.New("no rules have been loaded yet")
}

// Run serves the texts of a source until the context ends.
func (c *Controller) Run(ctx context.Context, source Source) {
	go source(ctx, func(text []byte) { Newest(c.texts, text) }, func(err error) { c.refuse("", err) })
	timer := time.NewTimer(0)
	<-timer.C
	wait := again
	var next []byte // to be loaded
	fresh := false  // next is not the text that is served
	for {
		select {
		case <-ctx.Done():
			return
		case next = <-c.texts:
			fresh, wait = true, again
		case <-timer.C:
			if next != nil || c.set == nil {
				break
			}
			// A missing kind may have been installed.
			waits := len(c.set.Waiting()) > 0
			if waits || c.set.AnyKind() && time.Since(c.asked) >= refresh {
				c.Mapper.Reset()
				c.asked = time.Now()
			}
			if waits {
				next, fresh = c.text, false
			}
		}
		if next != nil {
			switch err := c.load(next); {
			case errors.Is(err, rules.ErrKinds):
				klog.ErrorS(err, "Rules are not loaded yet")
				c.fault.Store(&err)
			case err != nil && fresh:
				c.refuse(rules.Digest(next), err)
				next = nil
			default:
				if fresh {
					c.metrics.successful.Set(1)
					c.untold = true
				}
				next = nil
			}
		}
		var err error
		if c.set != nil {
			err = c.discover(ctx)
		}
		if err != nil || next != nil {
			timer.Reset(min(wait, c.Relist))
			wait *= 2
			continue
		}
		wait = again
		if c.set != nil {
			timer.Reset(c.Relist)
		}
	}
}

// Newest sends a value to a channel of capacity 1, and drops one that has not been
// received yet: only the newest counts. With a single sender it never blocks.
func Newest[T any](channel chan T, value T) {
	select {
	case <-channel:
	default:
	}
	channel <- value
}

// load makes a valid text the one that is served.
func (c *Controller) load(text []byte) error {
	set, err := rules.Load(text, c.Mapper)
	if err != nil {
		return err
	}
	for _, err := range set.Waiting() {
		klog.InfoS("Rule waits", "reason", err)
	}
	c.text, c.set = text, set
	c.valid.Store(true)
	return nil
}

// discover finds out which metrics the rules serve, and swaps the registry atomically.
func (c *Controller) discover(ctx context.Context) error {
	begun := time.Now()
	registry, err := c.Discoverer.Registry(ctx, c.set)
	c.registry.Store(registry)
	if err != nil {
		klog.ErrorS(err, "Series could not be listed")
	} else {
		c.listed.Store(true)
	}
	c.metrics.discovered(registry, time.Since(begun), err)
	c.metrics.loaded(c.set)
	if c.untold {
		c.untold = false
		klog.InfoS("Rules are served", "sha256", c.set.Digest, "rules", len(c.set.Custom), "externalRules", len(c.set.External))
		c.Loaded(c.set.Digest)
	}
	return err
}

func (c *Controller) refuse(digest string, err error) {
	klog.ErrorS(err, "Rules refused")
	c.fault.Store(&err)
	c.metrics.refused()
	c.Refused(digest, err)
}
