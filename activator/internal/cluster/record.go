// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations of the Lease. The label service-name and others stay the chart's.
const (
	// stateAnnotation is stateUp or stateDown, or missing before anybody has seen the workload.
	stateAnnotation = "nginx-prometheus-hpa/activator-state"
	// descentAnnotation names the descent that stateDown began with.
	descentAnnotation = "nginx-prometheus-hpa/activator-descent"
	// usedAnnotation names the replica that had a request during the descent.
	usedAnnotation = "nginx-prometheus-hpa/activator-used"

	stateUp, stateDown = "awake", "down"
)

// Record is what the activators know together, in a Lease. It is "down" from just
// before a replica of the activator puts the workload to zero until the workload
// is up again, so a zero while it is down is the activators' own, even if the one
// that wrote it has died since.
type Record struct{ lease *coordinationv1.Lease }

func (r Record) get(annotation string) string {
	if r.lease == nil {
		return ""
	}
	return r.lease.Annotations[annotation]
}

// Exists reports whether there is a Lease at all.
func (r Record) Exists() bool { return r.lease != nil }

// New reports whether the record has not been written yet.
func (r Record) New() bool { return r.Exists() && r.get(stateAnnotation) == "" }

// Up reports whether the workload is up as far as the activators are concerned: a
// zero would be somebody else's.
func (r Record) Up() bool { return r.get(stateAnnotation) == stateUp }

// Down reports whether the workload is at zero by an activator, or on its way there or back.
func (r Record) Down() bool { return r.get(stateAnnotation) == stateDown }

// Descent names what the record is down by.
func (r Record) Descent() string { return r.get(descentAnnotation) }

// Used reports whether a replica has noted a request during the descent.
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

// AsDown returns the record of a workload on its way down, by the descent of a pod.
func (r Record) AsDown(pod, descent string) Record {
	return r.with(pod, map[string]string{stateAnnotation: stateDown, descentAnnotation: descent})
}

// AsUsed returns the record with a note that there was a request.
func (r Record) AsUsed(pod string) Record {
	return r.with(pod, map[string]string{stateAnnotation: stateDown, descentAnnotation: r.Descent(), usedAnnotation: pod})
}
