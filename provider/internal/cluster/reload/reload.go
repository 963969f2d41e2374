// SPDX-License-Identifier: Apache-2.0

package reload

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/cache"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Label and annotations of a replica's Lease, as the adapter writes them (adapter/internal/lease): the label is the name of the adapter,
// which is that of its Deployment; the annotations are the digest of the text that it serves and, if it has refused a later text, the
// digest of that one and the reason.
const (
	Label             = "nginx-prometheus-hpa/adapter"
	ServesAnnotation  = "nginx-prometheus-hpa/rules-sha256"
	RefusedAnnotation = "nginx-prometheus-hpa/refused-sha256"
	BecauseAnnotation = "nginx-prometheus-hpa/refused-because"
)

// duration is how long a Lease is valid if it does not say so.
const duration = 30 * time.Second

// Digest returns the digest by which Leases identify a text.
func Digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Replica is what one replica reports. Texts are identified by their digest.
type Replica struct {
	Pod     string
	Serves  string // empty if it serves none yet
	Refused string // a later text than the one it serves; empty if there is none
	Because string // why it was refused
}

// Client reads the Leases of adapters. It is safe for use by several goroutines.
type Client struct {
	kube kubernetes.Interface
	poll time.Duration

	reads cache.Map[types.NamespacedName, cache.Value[seen]]
	mu    sync.Mutex
	known map[types.NamespacedName]map[string]renewal // by adapter and name of the Lease
}

type seen struct {
	replicas []Replica
	denied   error
}

// renewal is when a Lease was renewed, by its holder's clock, and when we first saw that, by ours.
type renewal struct {
	time  metav1.MicroTime
	since time.Time
}

// New returns a client that polls at least every poll while it waits.
func New(kube kubernetes.Interface, poll time.Duration) *Client {
	return &Client{kube: kube, poll: poll, known: map[types.NamespacedName]map[string]renewal{}}
}

// Replicas returns what the replicas of an adapter report, from a read that may be as old as maxAge. There are none if the adapter does
// not load its rules by itself. There are none either if Leases must not be listed: denied is then the reason.
func (c *Client) Replicas(ctx context.Context, name types.NamespacedName, maxAge time.Duration) (replicas []Replica, denied, err error) {
	s, err := c.reads.Get(name).Get(ctx, maxAge, func(ctx context.Context) (seen, error) {
		ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
		defer cancel()
		leases, err := c.kube.CoordinationV1().Leases(name.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.Set{Label: name.Name}.String()})
		if err != nil {
			err = connection.Explain(err, "list", "leases", name.Namespace, "")
		}
		if apierrors.IsForbidden(err) {
			return seen{denied: err}, nil
		}
		if err != nil {
			return seen{}, err
		}
		return seen{replicas: c.living(name, leases.Items)}, nil
	})
	return s.replicas, s.denied, err
}

// living returns the replicas whose Leases were renewed, or first seen, within their duration. It does not compare two clocks: as in
// leader election, what counts is how long we have seen a Lease unchanged. The Lease of a deleted pod is garbage collected.
func (c *Client) living(name types.NamespacedName, leases []coordinationv1.Lease) (replicas []Replica) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, now := c.known[name], map[string]renewal{}
	c.known[name] = now
	for _, lease := range leases {
		this := renewal{since: time.Now()}
		if lease.Spec.RenewTime != nil {
			this.time = *lease.Spec.RenewTime
		}
		if last, ok := before[lease.Name]; ok && last.time.Equal(&this.time) {
			this = last
		}
		now[lease.Name] = this
		holds := duration
		if s := lease.Spec.LeaseDurationSeconds; s != nil {
			holds = time.Duration(*s) * time.Second
		}
		if time.Since(this.since) > holds {
			continue
		}
		pod := lease.Name
		if lease.Spec.HolderIdentity != nil {
			pod = cmp.Or(*lease.Spec.HolderIdentity, pod)
		}
		replicas = append(replicas, Replica{
			Pod: pod, Serves: lease.Annotations[ServesAnnotation], Refused: lease.Annotations[RefusedAnnotation], Because: lease.Annotations[BecauseAnnotation],
		})
	}
	return replicas
}
