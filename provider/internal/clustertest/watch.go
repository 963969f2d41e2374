// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"encoding/json"
	"net/http"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
)

// watcher receives the changes of one object.
type watcher struct {
	at     string
	events chan []byte
}

// watchBuffer is more events than any test causes while a watcher does not read.
const watchBuffer = 1000

func (s *Server) watch(w http.ResponseWriter, r *http.Request, c collection, at string) {
	since, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	watching := &watcher{at: at, events: make(chan []byte, watchBuffer)}
	s.mu.Lock()
	s.watchers[watching] = true
	if obj, ok := s.objects[at]; ok {
		if v, _ := strconv.Atoi(meta(obj)["resourceVersion"].(string)); v > since {
			watching.events <- encodeEvent("ADDED", obj)
		}
		if c == deployments && !s.stalled {
			s.completeRollout(at, obj) // only now, so that a client has to watch
		}
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.watchers, watching)
	}()

	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		case event := <-watching.events:
			if _, err := w.Write(event); err != nil {
				return
			}
			_ = flush.Flush()
		}
	}
}

// notify sends an event to the watchers of an object. The lock is held.
func (s *Server) notify(at, event string, obj object) {
	for w := range s.watchers {
		if w.at == at {
			w.events <- encodeEvent(event, obj)
		}
	}
}

func encodeEvent(event string, obj object) []byte {
	raw, err := json.Marshal(object{"type": event, "object": obj})
	if err != nil {
		panic("clustertest: cannot encode an event: " + err.Error())
	}
	return append(raw, '\n')
}

// rollout begins a rollout: the adapter starts with what its config map holds now. The lock is held.
func (s *Server) rollout(obj object) {
	s.rollouts++
	generation, _ := meta(obj)["generation"].(float64)
	meta(obj)["generation"] = generation + 1
	s.Adapter.load(s.adapterText())
}

// completeRollout sets the status that the Deployment controller would finally set. The lock is held.
func (s *Server) completeRollout(at string, obj object) {
	var d appsv1.Deployment
	decode(obj, &d)
	if d.Status.ObservedGeneration == d.Generation {
		return
	}
	n := int32(1)
	if d.Spec.Replicas != nil {
		n = *d.Spec.Replicas
	}
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, AvailableReplicas: n, ReadyReplicas: n}
	next := object{}
	decode(d, &next)
	s.store(deployments, at, next)
}
