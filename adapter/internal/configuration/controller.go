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

// Again is how long to wait after Prometheus has not answered for the first time;
// each time twice as long, up to the relist interval.
const again = time.Second

// refresh is the time between two questions to the API server which kinds there
// are, for rules that may be about any.
const refresh = time.Minute

// patience is how long a replica that has begun holds its readiness back for the
// first answer of Prometheus.
const patience = 10 * time.Second

// Controller keeps what is served in step with the rules and with Prometheus.
type Controller struct {
	Mapper     meta.ResettableRESTMapper
	Discoverer *discovery.Discoverer
	Relist     time.Duration
	// Loaded is told of each text that is served from now on, by its digest, also
	// of one that takes the place of another that was refused. It must not wait.
	Loaded func(digest string)
	// Refused is told of what keeps a text from being served: of one that is wrong
	// by its digest, and of one that cannot be had without any. Those with a digest
	// come from where Loaded is called, and so one after the other with that.
	Refused func(digest string, err error)

	texts    chan []byte
	text     []byte // the last one that was valid
	set      *rules.Set
	untold   bool      // Loaded is still to be told of it
	asked    time.Time // when the API server was asked which kinds there are
	begun    time.Time
	valid    atomic.Bool // there is a text to serve
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

// Registry returns what is served now.
func (c *Controller) Registry() *discovery.Registry { return c.registry.Load() }

// Name is the name of the readiness check.
func (c *Controller) Name() string { return "rules" }

// Check is ready once rules are loaded and Prometheus has told which series there
// are. It is not waited for longer than patience: without Prometheus a metric is an
// error, and the API goes on. Rules that are wrong do not end it, if others were
// loaded before.
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
	fresh := false  // it is not the one that is served
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
			// A kind that was missing may have come.
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
				klog.ErrorS(err, "Rules are not taken over yet")
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

// Newest puts a value into a channel of capacity 1, in place of one that nothing
// has taken yet: only the newest counts, and the one writer never waits.
func Newest[T any](channel chan T, value T) {
	select {
	case <-channel:
	default:
	}
	channel <- value
}

// load makes a text that is valid the one that is served.
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

// discover finds out what the rules serve, and exchanges all of it at once.
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
	klog.ErrorS(err, "Rules are not taken over")
	c.fault.Store(&err)
	c.metrics.refused()
	c.Refused(digest, err)
}
