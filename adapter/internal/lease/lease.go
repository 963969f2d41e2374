// SPDX-License-Identifier: Apache-2.0

// Package lease publishes which text of the rules a replica serves, and which it has
// refused, in a Lease for each replica.
package lease

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	applycoordinationv1 "k8s.io/client-go/applyconfigurations/coordination/v1"
	applymetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"
)

// The duration of a Lease, and the interval at which it is renewed.
const (
	Duration = 30 * time.Second
	renew    = 10 * time.Second
)

// The label and annotations of an adapter's Lease: the name of the adapter, the digest
// of the text that is served and, if a later text was refused, its digest and the
// reason. The Terraform provider reads them.
const (
	Label             = "nginx-prometheus-hpa/adapter"
	ServesAnnotation  = "nginx-prometheus-hpa/rules-sha256"
	RefusedAnnotation = "nginx-prometheus-hpa/refused-sha256"
	BecauseAnnotation = "nginx-prometheus-hpa/refused-because"
)

// longest limits the reason of a refusal, in bytes: it has a line for each invalid
// rule.
const longest = 1 << 10

// Replica is the pod that owns the Lease.
type Replica struct {
	Adapter   string // name that all replicas share
	Namespace string
	Pod       string
	UID       types.UID // the pod's; if set, the Lease is deleted with the pod
}

// State is which texts a replica serves and has refused, by digest.
type State struct {
	Serves  string // empty until a text is served
	Refused string // a text later than the one served; empty if none was refused
	Because string // the reason of the refusal
}

func (s State) annotations() map[string]string {
	told := map[string]string{}
	if s.Serves != "" {
		told[ServesAnnotation] = s.Serves
	}
	if s.Refused != "" {
		told[RefusedAnnotation] = s.Refused
		// The cut may split a character.
		told[BecauseAnnotation] = strings.ToValidUTF8(s.Because[:min(len(s.Because), longest)], "")
	}
	return told
}

// Keep writes each state that it receives, and renews the Lease until the context
// ends. Failures are logged, and the next renewal retries: serving does not depend on
// the Lease.
func Keep(ctx context.Context, client kubernetes.Interface, r Replica, states <-chan State) {
	ticker := time.NewTicker(renew)
	defer ticker.Stop()
	var state State
	for {
		select {
		case <-ctx.Done():
			return
		case state = <-states:
		case <-ticker.C:
		}
		if state == (State{}) {
			continue
		}
		attempt, cancel := context.WithTimeout(ctx, renew)
		if err := write(attempt, client, r, state); err != nil && ctx.Err() == nil {
			klog.ErrorS(err, "Lease could not be written")
		}
		cancel()
	}
}

// write creates or updates the Lease with one request, by server-side apply.
func write(ctx context.Context, client kubernetes.Interface, r Replica, state State) error {
	lease := applycoordinationv1.Lease(r.Pod, r.Namespace).
		WithLabels(map[string]string{Label: r.Adapter}).
		WithAnnotations(state.annotations()).
		WithSpec(applycoordinationv1.LeaseSpec().
			WithHolderIdentity(r.Pod).WithLeaseDurationSeconds(int32(Duration / time.Second)).WithRenewTime(metav1.NowMicro()))
	if r.UID != "" {
		lease.WithOwnerReferences(applymetav1.OwnerReference().WithAPIVersion("v1").WithKind("Pod").WithName(r.Pod).WithUID(r.UID))
	}
	_, err := client.CoordinationV1().Leases(r.Namespace).Apply(ctx, lease, metav1.ApplyOptions{FieldManager: "adapter", Force: true})
	if err != nil {
		return fmt.Errorf("writing Lease %s/%s: %w", r.Namespace, r.Pod, err)
	}
	return nil
}
