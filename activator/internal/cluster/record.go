// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations of the Lease. Its labels belong to the chart.
const (
	// stateAnnotation is stateUp or stateDown. It is missing until a replica has seen the workload up.
	stateAnnotation = "nginx-prometheus-hpa/activator-state"
	// descentAnnotation identifies the descent that set stateDown.
	descentAnnotation = "nginx-prometheus-hpa/activator-descent"
	// usedAnnotation names the replica that received a request during the descent.
	usedAnnotation = "nginx-prometheus-hpa/activator-used"

	stateUp, stateDown = "awake", "down"
)

// Record is the state that all replicas of the activator share, in a Lease. It is
// "down" from just before a replica scales the workload to zero until the workload
// is up again. So while it is down, zero replicas are the activators' own doing,
// even if the replica that wrote the zero has died since.
type Record struct{ lease *coordinationv1.Lease }

func (r Record) get(annotation string) string {
	if r.lease == nil {
		return ""
	}
	return r.lease.Annotations[annotation]
}

// Exists reports whether there is a Lease.
func (r Record) Exists() bool { return r.lease != nil }

// New reports whether the record has not been written yet.
func (r Record) New() bool { return r.Exists() && r.get(stateAnnotation) == "" }

// Up reports whether the activators have the workload up: if it is at zero, somebody
// else has scaled it.
func (r Record) Up() bool { return r.get(stateAnnotation) == stateUp }

// Down reports whether an activator has scaled the workload to zero, or is on the way
// there or back.
func (r Record) Down() bool { return r.get(stateAnnotation) == stateDown }

// Descent identifies the descent that the record is down by.
func (r Record) Descent() string { return r.get(descentAnnotation) }

// Used reports whether a replica has recorded a request during the descent.
func (r Record) Used() bool { return r.get(usedAnnotation) != "" }

func (r Record) with(pod string, annotations map[string]string) Record {
	lease := r.lease.DeepCopy()
	if lease.Annotations == nil {
		lease.Annotations = map[string]string{}
	}
	for _, name := range []string{stateAnnotation, descentAnnotation, usedAnnotation} {
		delete(lease.Annotations, name)
	}
	for name, value := range annotations {
		lease.Annotations[name] = value
	}
	now := metav1.NewMicroTime(time.Now())
	lease.Spec.HolderIdentity, lease.Spec.RenewTime = &pod, &now
	return Record{lease}
}

// AsUp returns the record of a workload that is up.
func (r Record) AsUp(pod string) Record {
	return r.with(pod, map[string]string{stateAnnotation: stateUp})
}

// AsDown returns the record of a workload that pod is scaling down, in this descent.
func (r Record) AsDown(pod, descent string) Record {
	return r.with(pod, map[string]string{stateAnnotation: stateDown, descentAnnotation: descent})
}

// AsUsed returns the record with the mark that pod received a request.
func (r Record) AsUsed(pod string) Record {
	return r.with(pod, map[string]string{stateAnnotation: stateDown, descentAnnotation: r.Descent(), usedAnnotation: pod})
}
