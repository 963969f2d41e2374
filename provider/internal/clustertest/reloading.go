// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"maps"
	"slices"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
)

// PutReloadingAdapter is PutAdapter for an adapter that loads each text by itself, in these pods, and reports it in a Lease for each. It
// replaces one of the other kind.
func (s *Server) PutReloadingAdapter(text string, pods ...string) {
	s.mu.Lock()
	s.replicas = map[string]*reload.Replica{}
	for _, pod := range pods {
		s.replicas[pod] = &reload.Replica{Pod: pod}
	}
	s.mu.Unlock()
	s.PutAdapter(text)
	d := s.Deployment(s.Adapter.Namespace, s.Adapter.Deployment)
	n := int32(len(pods))
	d.Spec.Replicas, d.Status.Replicas, d.Status.UpdatedReplicas, d.Status.AvailableReplicas, d.Status.ReadyReplicas = &n, n, n, n, n
	s.PutDeployment(d)
}

// HoldBack keeps replicas of a reloading adapter from seeing new texts; without any, all load the current text.
func (s *Server) HoldBack(pods ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heldBack = pods
	s.reload()
}

// RemoveReplica deletes a pod of a reloading adapter, and with it its Lease.
func (s *Server) RemoveReplica(pod string) {
	s.mu.Lock()
	delete(s.replicas, pod)
	s.mu.Unlock()
	s.remove(leases, s.Adapter.Namespace, pod)
}

// reload makes the replicas load what the config map holds. The lock is held.
func (s *Server) reload() {
	text := s.adapterText()
	for _, pod := range slices.Sorted(maps.Keys(s.replicas)) {
		r := s.replicas[pod]
		if slices.Contains(s.heldBack, pod) {
			continue
		}
		s.Adapter.load(text)
		if err := s.Adapter.LoadError(); err != nil {
			r.Refused, r.Because = reload.Digest(text), err.Error()
		} else {
			*r = reload.Replica{Pod: pod, Serves: reload.Digest(text)}
		}
		now, seconds := metav1.NowMicro(), int32(30)
		lease := &coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: s.Adapter.Namespace, Name: pod, Labels: map[string]string{reload.Label: s.Adapter.Deployment}, Annotations: map[string]string{},
			},
			Spec: coordinationv1.LeaseSpec{HolderIdentity: &pod, LeaseDurationSeconds: &seconds, RenewTime: &now},
		}
		for key, value := range map[string]string{reload.ServesAnnotation: r.Serves, reload.RefusedAnnotation: r.Refused, reload.BecauseAnnotation: r.Because} {
			if value != "" {
				lease.Annotations[key] = value
			}
		}
		obj := object{}
		decode(lease, &obj)
		s.store(leases, leases.object(s.Adapter.Namespace, pod), obj)
	}
}

// adapterText returns what the adapter's config map holds. The lock is held.
func (s *Server) adapterText() string {
	data, _ := s.objects[configMaps.object(s.Adapter.Namespace, s.Adapter.ConfigMap)]["data"].(object)
	text, _ := data[s.Adapter.Key].(string)
	return text
}
