// SPDX-License-Identifier: Apache-2.0

package clustertest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// collection is one kind of object.
type collection struct {
	path             string // pattern of its URL
	apiVersion, kind string
}

var (
	configMaps  = collection{"/api/v1/namespaces/{ns}/configmaps", "v1", "ConfigMap"}
	pods        = collection{"/api/v1/namespaces/{ns}/pods", "v1", "Pod"}
	deployments = collection{"/apis/apps/v1/namespaces/{ns}/deployments", "apps/v1", "Deployment"}
	leases      = collection{"/apis/coordination.k8s.io/v1/namespaces/{ns}/leases", "coordination.k8s.io/v1", "Lease"}
	collections = []collection{configMaps, pods, deployments, leases}
)

func (c collection) object(namespace, name string) string {
	return path.Join(strings.ReplaceAll(c.path, "{ns}", namespace), name)
}

// PutConfigMap creates or replaces a config map.
func (s *Server) PutConfigMap(namespace, name string, data map[string]string) {
	s.put(configMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: data})
}

// PutBinaryConfigMap creates or replaces a config map whose data is not text.
func (s *Server) PutBinaryConfigMap(namespace, name string, data map[string][]byte) {
	s.put(configMaps, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, BinaryData: data})
}

// PutPod creates or replaces a pod.
func (s *Server) PutPod(pod *corev1.Pod) { s.put(pods, pod) }

// PutDeployment creates or replaces a Deployment.
func (s *Server) PutDeployment(d *appsv1.Deployment) { s.put(deployments, d) }

// ConfigMap returns the data of a config map, and false if there is none.
func (s *Server) ConfigMap(namespace, name string) (map[string]string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	obj, ok := s.objects[configMaps.object(namespace, name)]
	var cm corev1.ConfigMap
	decode(obj, &cm)
	return cm.Data, ok
}

// Deployment returns a Deployment; an empty one if there is none.
func (s *Server) Deployment(namespace, name string) *appsv1.Deployment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var d appsv1.Deployment
	decode(s.objects[deployments.object(namespace, name)], &d)
	return &d
}

// DeleteConfigMap deletes a config map.
func (s *Server) DeleteConfigMap(namespace, name string) { s.remove(configMaps, namespace, name) }

// DeleteDeployment deletes a Deployment.
func (s *Server) DeleteDeployment(namespace, name string) { s.remove(deployments, namespace, name) }

func (s *Server) put(c collection, typed metav1.Object) {
	var obj object
	decode(typed, &obj)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(c, c.object(typed.GetNamespace(), typed.GetName()), obj)
}

func (s *Server) remove(c collection, namespace, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := c.object(namespace, name)
	if obj, ok := s.objects[at]; ok {
		delete(s.objects, at)
		s.notify(at, "DELETED", obj)
	}
}

// store writes an object under a new version and tells the watchers. The lock is held.
func (s *Server) store(c collection, at string, obj object) {
	event := "MODIFIED"
	if _, ok := s.objects[at]; !ok {
		event = "ADDED"
	}
	s.version++
	obj["apiVersion"], obj["kind"] = c.apiVersion, c.kind
	meta(obj)["resourceVersion"] = strconv.Itoa(s.version)
	s.objects[at] = obj
	s.notify(at, event, obj)
	if at == configMaps.object(s.Adapter.Namespace, s.Adapter.ConfigMap) {
		s.reload()
	}
}

func (s *Server) get(collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if obj, ok := s.objects[r.URL.Path]; ok {
			reply(w, http.StatusOK, obj)
			return
		}
		notFound(w, r.URL.Path)
	}
}

func (s *Server) list(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name, _ := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")
		if r.URL.Query().Get("watch") != "" {
			s.watch(w, r, c, path.Join(r.URL.Path, name))
			return
		}
		selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
		if err != nil {
			fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		items := []object{}
		for at, obj := range s.objects {
			var of metav1.PartialObjectMetadata
			decode(obj, &of)
			if path.Dir(at) == r.URL.Path && (name == "" || path.Base(at) == name) && selector.Matches(labels.Set(of.Labels)) {
				items = append(items, obj)
			}
		}
		slices.SortFunc(items, func(a, b object) int {
			return strings.Compare(fmt.Sprint(meta(a)["name"]), fmt.Sprint(meta(b)["name"]))
		})
		reply(w, http.StatusOK, object{"apiVersion": c.apiVersion, "kind": c.kind + "List", "metadata": object{}, "items": items})
	}
}

func (s *Server) create(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		obj := object{}
		if err := json.NewDecoder(r.Body).Decode(&obj); err != nil {
			fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		at := path.Join(r.URL.Path, fmt.Sprint(meta(obj)["name"]))
		if _, ok := s.objects[at]; ok {
			fail(w, http.StatusConflict, metav1.StatusReasonAlreadyExists, at+" already exists")
			return
		}
		s.store(c, at, obj)
		reply(w, http.StatusCreated, obj)
	}
}

func (s *Server) update(c collection) http.HandlerFunc {
	return s.write(c, func(_, sent object) object { return sent })
}

func (s *Server) patch(c collection) http.HandlerFunc { return s.write(c, merge) }

// write replaces an object if the version that was sent, if one was, is the current one.
func (s *Server) write(c collection, combine func(old, sent object) object) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sent := object{}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		old, ok := s.objects[r.URL.Path]
		if !ok {
			notFound(w, r.URL.Path)
			return
		}
		if v, ok := meta(sent)["resourceVersion"]; ok && v != meta(old)["resourceVersion"] {
			fail(w, http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified")
			return
		}
		obj := combine(old, sent)
		if c == deployments && !reflect.DeepEqual(template(old), template(obj)) {
			s.rollout(obj)
		}
		s.store(c, r.URL.Path, obj)
		reply(w, http.StatusOK, obj)
	}
}

// merge applies a JSON merge patch without changing its arguments.
func merge(old, patch object) object {
	out := object{}
	for k, v := range old {
		out[k] = v
	}
	for k, v := range patch {
		below, ok := v.(object)
		was, _ := out[k].(object)
		switch {
		case v == nil:
			delete(out, k)
		case ok:
			out[k] = merge(was, below)
		default:
			out[k] = v
		}
	}
	return out
}

// meta returns the metadata of an object, which it makes if there is none.
func meta(obj object) object {
	if m, ok := obj["metadata"].(object); ok {
		return m
	}
	m := object{}
	obj["metadata"] = m
	return m
}

func template(obj object) any {
	spec, _ := obj["spec"].(object)
	return spec["template"]
}

// decode converts between typed and untyped objects.
func decode(in, out any) {
	raw, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(raw, out)
	}
	if err != nil {
		panic(fmt.Sprintf("clustertest: cannot convert %T: %v", in, err))
	}
}

// SetText replaces one key of a config map as a person would, and leaves annotations alone.
func (s *Server) SetText(namespace, name, key, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := configMaps.object(namespace, name)
	obj := object{}
	decode(s.objects[at], &obj)
	data, ok := obj["data"].(object)
	if !ok {
		data = object{}
		obj["data"] = data
	}
	data[key] = text
	s.store(configMaps, at, obj)
}

// Annotate sets an annotation of a config map.
func (s *Server) Annotate(namespace, name, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := configMaps.object(namespace, name)
	obj := object{}
	decode(s.objects[at], &obj)
	annotations, ok := meta(obj)["annotations"].(object)
	if !ok {
		annotations = object{}
		meta(obj)["annotations"] = annotations
	}
	annotations[key] = value
	s.store(configMaps, at, obj)
}
