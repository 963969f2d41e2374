// SPDX-License-Identifier: Apache-2.0

// Package cluster is the provider's view of a cluster that runs prometheus-adapter: the config map with the adapter's rules, the
// Deployment that has to be rolled for a change to take effect, and the metrics API in which the result shows.
package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Client talks to one cluster. It is safe for use by several goroutines.
type Client struct {
	kube kubernetes.Interface
	opts Options

	mu    sync.Mutex
	locks map[Target]chan struct{}
}

// Options are waiting times; zero values stand for defaults that suit a real cluster.
type Options struct {
	// Quiet is how long a config map must stay unchanged before the adapter is rolled, so that the edits of one apply share a
	// roll-out. Default 500 ms.
	Quiet time.Duration
	// Settle is the longest wait for such a quiet moment. Default 10 s.
	Settle time.Duration
	// Poll is the pause between two looks at what cannot be watched, the metrics API above all. Default 1 s.
	Poll time.Duration
	// Write is how long an edit is tried again while others write to the same config map. Default 1 min.
	Write time.Duration
	// Request is how long one request may take. Default 30 s.
	Request time.Duration
}

// Target is a text with rules: one key of a config map.
type Target struct {
	Namespace string
	ConfigMap string
	Key       string
}

func (t Target) String() string {
	return fmt.Sprintf("key %q of config map %s/%s", t.Key, t.Namespace, t.ConfigMap)
}

// New returns a client for a cluster; it sends nothing yet.
func New(cfg *rest.Config, opts Options) (*Client, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = 50, 100              // many rules are applied side by side, and none should wait for its turn here
	cfg.ContentType = runtime.ContentTypeJSON // the few objects are small, and text is easier to follow on the wire
	kube, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot set up a client for %s: %w", cfg.Host, err)
	}
	return &Client{kube: kube, opts: opts.withDefaults(), locks: map[Target]chan struct{}{}}, nil
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.Quiet, 500 * time.Millisecond},
		{&o.Settle, 10 * time.Second},
		{&o.Poll, time.Second},
		{&o.Write, time.Minute},
		{&o.Request, 30 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	return o
}

// lock keeps the goroutines of this process from competing for a config map; other processes are met with retries.
func (c *Client) lock(ctx context.Context, t Target) (unlock func(), err error) {
	c.mu.Lock()
	lock, ok := c.locks[t]
	if !ok {
		lock = make(chan struct{}, 1)
		c.locks[t] = lock
	}
	c.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
