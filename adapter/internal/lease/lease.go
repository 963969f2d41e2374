// SPDX-License-Identifier: Apache-2.0

// Package lease tells which text of the rules a replica serves, and which it
// refuses, in a Lease of its own that anybody with the right to can read.
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

// How long a Lease holds without being renewed, and how often it is.
const (
	Duration = 30 * time.Second
	renew    = 10 * time.Second
)

// What a Lease of an adapter bears: a label with the name of the adapter, and as
// annotations the digest of the text that is served and, if a later one was
// refused, that one's and why. The Terraform provider reads them.
const (
	Label             = "nginx-prometheus-hpa/adapter"
	ServesAnnotation  = "nginx-prometheus-hpa/rules-sha256"
	RefusedAnnotation = "nginx-prometheus-hpa/refused-sha256"
	BecauseAnnotation = "nginx-prometheus-hpa/refused-because"
)

// longest is how much of a reason is told, in bytes: a text with many wrong rules
// has a line for each.
const longest = 1 << 10

// Replica is the pod that the Lease is of.
type Replica struct {
	Adapter   string // name that all replicas share
	Namespace string
	Pod       string
	UID       types.UID // of the pod, with which the Lease goes; may be empty
}

// State is what a replica has made of the texts that it got. Texts are named by
// their digest.
type State struct {
	Serves  string // empty as long as there was none to serve
	Refused string // after the one that is served; empty when there was none
	Because string // it is refused
}

func (s State) annotations() map[string]string {
	told := map[string]string{}
	if s.Serves != "" {
		told[ServesAnnotation] = s.Serves
	}
	if s.Refused != "" {
		told[RefusedAnnotation] = s.Refused
		// The cut may be in the middle of a character.
		told[BecauseAnnotation] = strings.ToValidUTF8(s.Because[:min(len(s.Because), longest)], "")
	}
	return told
}

// Keep writes each state that it gets, and renews the Lease until the context
// ends. A failure is said and tried again: serving does not depend on it.
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

// write applies the Lease on the server's side: one request that makes it, or takes
// the place of what this replica has said before.
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
