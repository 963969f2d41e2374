// SPDX-License-Identifier: Apache-2.0

// Package cluster makes changes of a config map take effect: it combines the operations of one apply into batches, makes the adapter
// load each of them, and waits for the metrics. Its subpackages are:
//
//   - connection connects to the cluster;
//   - configmap reads and writes the rules;
//   - rollout rolls the adapter's Deployment, and says why a rollout fails;
//   - reload reads what an adapter that loads its rules by itself serves;
//   - metricsapi reads which metrics are served, and says what is missing.
//
// This package depends on all of them. The last four depend on connection but not on each other. Only the provider and the command
// why depend on this package.
package cluster

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/cache"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
)

// Client talks to one cluster. It is safe for use by several goroutines, whose work it combines: see TakeUp.
type Client struct {
	ConfigMaps *configmap.Client
	Rollouts   *rollout.Client
	Reloads    *reload.Client
	Metrics    *metricsapi.Client

	opts    Options
	batches cache.Map[batchKey, batchQueue]
}

// Options are waiting times and limits; zero values mean the defaults, which suit a real cluster and Terraform.
type Options struct {
	// Quiet is how long a config map must stay unchanged before the adapter is rolled, so that the changes of one apply share a
	// rollout. Default 1 s.
	Quiet time.Duration
	// Gather is the same for an adapter that loads its rules by itself: there is no rollout to save, but many rules can share a wait.
	// Other writers are not considered. Default 100 ms.
	Gather time.Duration
	// QuietLimit is the longest wait for a quiet period while others change the config map. Default 10 s.
	QuietLimit time.Duration
	// Poll is the interval at which to poll what cannot be watched, mainly the metrics API. Default 1 s.
	Poll time.Duration
	// Reuse is how old a cached read may be: a plan reads the same config map for each of its rules. Changes by this process are
	// always seen. Default 0.
	Reuse time.Duration
	// Follow is how long after the end of a batch new operations count as having waited for it. Default 5 s.
	Follow time.Duration
}

// New returns a client for a cluster; it sends nothing yet.
func New(kube kubernetes.Interface, opts Options) *Client {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&opts.Quiet, defaultQuiet}, {&opts.Gather, 100 * time.Millisecond}, {&opts.QuietLimit, defaultQuietLimit}, {&opts.Poll, time.Second}, {&opts.Follow, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	return &Client{
		ConfigMaps: configmap.New(kube, opts.Reuse), Rollouts: rollout.New(kube, opts.Poll, opts.Reuse), Reloads: reload.New(kube, opts.Poll),
		Metrics: metricsapi.New(kube), opts: opts,
	}
}

// Loaded reports whether the adapter serves the rules. With an adapter that reloads, every replica must say that it serves this text.
// With prometheus-adapter, the Deployment must have been rolled since this provider last wrote rules. A config map that this provider
// never wrote to counts as loaded. It fails with rollout.ErrNotFound.
func (c *Client) Loaded(ctx context.Context, deployment types.NamespacedName, s configmap.Snapshot) (bool, error) {
	if s.Revision == "" {
		return true, nil
	}
	// If the Leases cannot be listed, the stamp of the last rollout decides.
	replicas, _, err := c.Reloads.Replicas(ctx, deployment, c.opts.Reuse)
	if err != nil {
		return false, err
	}
	if len(replicas) > 0 {
		return reload.Behind(replicas, reload.Digest(s.Text), len(replicas)) == "", nil
	}
	revision, err := c.Rollouts.Revision(ctx, deployment)
	return err == nil && revision == s.Revision, err
}
