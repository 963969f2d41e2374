// SPDX-License-Identifier: Apache-2.0

// Package cluster is the provider's view of a cluster that runs prometheus-adapter: the config map with the adapter's rules, the
// Deployment that has to be rolled for a change to take effect, and the metrics API in which the result shows.
package cluster

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// Client talks to one cluster. It is safe for use by several goroutines, whose work it combines: see Edit and TakeUp.
type Client struct {
	kube kubernetes.Interface
	opts Options

	edits       registry[objectKey, editQueue]
	batches     registry[batchKey, batchQueue]
	configMaps  registry[objectKey, shared[*corev1.ConfigMap]]
	deployments registry[objectKey, shared[*appsv1.Deployment]]
}

type objectKey struct{ namespace, name string }

// Options are waiting times and limits; zero values stand for defaults that suit a real cluster and Terraform.
type Options struct {
	// Quiet is how long a config map must stay unchanged before the adapter is rolled, so that the edits of one apply share a
	// roll-out. Default 1 s.
	Quiet time.Duration
	// Settle is the longest wait for such a quiet moment while others change the config map. Default 10 s.
	Settle time.Duration
	// Poll is the pause between two looks at what cannot be watched, the metrics API above all. Default 1 s.
	Poll time.Duration
	// Write is how long an edit is tried again while others write to the same config map. Default 1 min.
	Write time.Duration
	// Request is how long one request may take. Default 30 s.
	Request time.Duration
	// Reuse is how old what was read may be when it is read again: a plan reads the same config map for each of its rules. What this
	// process changes is always seen. Default 0.
	Reuse time.Duration
	// Parallel is how many operations may wait for one batch before it hands over all but one of them. Default 10, which is how
	// many Terraform runs side by side unless it is told otherwise.
	Parallel int
	// Follow is how soon after the end of a batch the next operations come if they had been held up by it. Default 5 s.
	Follow time.Duration
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

func (t Target) object() objectKey { return objectKey{t.Namespace, t.ConfigMap} }

// New returns a client for a cluster; it sends nothing yet.
func New(cfg *rest.Config, opts Options) (*Client, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1                              // Terraform bounds how much runs side by side, and the API server sees to fairness
	cfg.ContentType = runtime.ContentTypeJSON // the few objects are small, and text is easier to follow on the wire
	kube, err := kubernetes.NewForConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("cannot set up a client for %s: %w", cfg.Host, err)
	}
	return &Client{kube: kube, opts: opts.withDefaults()}, nil
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.Quiet, time.Second},
		{&o.Settle, 10 * time.Second},
		{&o.Poll, time.Second},
		{&o.Write, time.Minute},
		{&o.Request, 30 * time.Second},
		{&o.Follow, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if o.Parallel == 0 {
		o.Parallel = 10
	}
	return o
}
