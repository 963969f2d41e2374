// SPDX-License-Identifier: Apache-2.0

// Package cluster has what was written to a config map take effect: it combines the operations of one apply into batches, rolls the
// adapter once for each, and waits for the metrics. Below it are:
//
//   - connection finds the way to the cluster;
//   - configmap reads and writes the rules;
//   - rollout has the adapter's Deployment start anew, and says why it does not;
//   - metricsapi asks what the adapter serves, and what is missing.
//
// This package depends on all of them, and the last three on connection but not on each other. Nothing depends on this package but
// the provider. An adapter that loads its rules by itself would take the place of rollout.
package cluster

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/cache"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
)

// Client talks to one cluster. It is safe for use by several goroutines, whose work it combines: see TakeUp.
type Client struct {
	ConfigMaps *configmap.Client
	Rollouts   *rollout.Client
	Metrics    *metricsapi.Client

	opts    Options
	batches cache.Map[batchKey, batchQueue]
}

// Options are waiting times and limits; zero values stand for defaults that suit a real cluster and Terraform.
type Options struct {
	// Quiet is how long a config map must stay unchanged before the adapter is rolled, so that the changes of one apply share a
	// roll-out. Default 1 s.
	Quiet time.Duration
	// QuietLimit is the longest wait for such a quiet moment while others change the config map. Default 10 s.
	QuietLimit time.Duration
	// Poll is the pause between two looks at what cannot be watched, the metrics API above all. Default 1 s.
	Poll time.Duration
	// Reuse is how old what was read may be when it is read again: a plan reads the same config map for each of its rules. What this
	// process changes is always seen. Default 0.
	Reuse time.Duration
	// Follow is how soon after the end of a batch the next operations come if they had been held up by it. Default 5 s.
	Follow time.Duration
}

// New returns a client for a cluster; it sends nothing yet.
func New(kube kubernetes.Interface, opts Options) *Client {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&opts.Quiet, defaultQuiet}, {&opts.QuietLimit, defaultQuietLimit}, {&opts.Poll, time.Second}, {&opts.Follow, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	return &Client{
		ConfigMaps: configmap.New(kube, opts.Reuse), Rollouts: rollout.New(kube, opts.Poll, opts.Reuse), Metrics: metricsapi.New(kube), opts: opts,
	}
}

// Loaded reports whether the adapter was rolled since rules were last written. A config map that we never wrote to was loaded by
// whoever wrote it. It fails with rollout.ErrNotFound.
func (c *Client) Loaded(ctx context.Context, deployment types.NamespacedName, s configmap.Snapshot) (bool, error) {
	if s.Revision == "" {
		return true, nil
	}
	revision, err := c.Rollouts.Revision(ctx, deployment)
	return err == nil && revision == s.Revision, err
}
