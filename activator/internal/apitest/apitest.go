// SPDX-License-Identifier: Apache-2.0

// Package apitest is an in-memory Kubernetes API for tests, served over HTTP: objects
// with resource versions, conflicts, lists, watches, and the scale subresource. It
// validates nothing else.
package apitest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// Server is the API. Objects are stored by path, such as
// /apis/apps/v1/namespaces/app/deployments/web.
type Server struct {
	http *httptest.Server
	// Before is called with each request, and answers it by returning true. It may block.
	Before func(http.ResponseWriter, *http.Request) bool

	mu      sync.Mutex
	version int
	objects map[string]*unstructured.Unstructured
	events  []event
	news    chan struct{} // closed at each event
	writes  []Write
	muted   string // a path; watches below it report nothing
}

type event struct {
	path, kind string
	version    int
	object     *unstructured.Unstructured
}

// Write is a change made by a client.
type Write struct {
	Client string // the user agent
	Path   string
	Object *unstructured.Unstructured
}

// New returns a server that ends with the test.
func New(t *testing.T) *Server {
	t.Helper()
	s := &Server{objects: map[string]*unstructured.Unstructured{}, news: make(chan struct{})}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(func() { s.http.CloseClientConnections(); s.http.Close() })
	return s
}

// Config returns a client configuration with a name as its user agent.
func (s *Server) Config(client string) *rest.Config {
	return &rest.Config{Host: s.http.URL, UserAgent: client, QPS: -1}
}

// Kubeconfig writes a file with access to the server.
func (s *Server) Kubeconfig(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := "clusters: [{name: it, cluster: {server: " + strconv.Quote(s.http.URL) + "}}]\ncontexts: [{name: it, context: {cluster: it}}]\ncurrent-context: it\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Set stores an object, given as a value that marshals to JSON.
func (s *Server) Set(path string, object any) {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	made := &unstructured.Unstructured{}
	if err := utiljson.Unmarshal(text, &made.Object); err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := strings.Split(path, "/")
	made.SetName(parts[len(parts)-1])
	made.SetNamespace(parts[len(parts)-3])
	s.store(path, made)
}

// Change changes an object in place, without a check for conflicts.
func (s *Server) Change(path string, change func(object map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	object := s.objects[path].DeepCopy()
	change(object.Object)
	s.store(path, object)
}

// Get returns an object, or nil.
func (s *Server) Get(path string) *unstructured.Unstructured {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[path]
}

// Under returns a snapshot of all objects under a path.
func (s *Server) Under(path string) []*unstructured.Unstructured {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*unstructured.Unstructured
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.HasPrefix(key, path+"/") {
			found = append(found, s.objects[key])
		}
	}
	return found
}

// Mute stops all events of watches under a path, like a dead or slow connection. An
// empty path ends that.
func (s *Server) Mute(under string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.muted = under
	close(s.news)
	s.news = make(chan struct{})
}

// Replay calls each with every object that was ever stored, in order.
func (s *Server) Replay(each func(path string, object *unstructured.Unstructured)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		each(e.path, e.object)
	}
}

// Writes returns all changes made by clients, in order.
func (s *Server) Writes() []Write {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.writes)
}

// store is called with the lock held.
func (s *Server) store(path string, object *unstructured.Unstructured) {
	kind := "ADDED"
	if s.objects[path] != nil {
		kind = "MODIFIED"
	}
	s.version++
	object.SetResourceVersion(strconv.Itoa(s.version))
	s.objects[path] = object
	s.events = append(s.events, event{path, kind, s.version, object})
	close(s.news)
	s.news = make(chan struct{})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.Before != nil && s.Before(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	path := r.URL.Path
	isList := strings.Count(path[strings.Index(path, "/namespaces/")+len("/namespaces/"):], "/") == 1
	switch {
	case r.Method == http.MethodPut:
		s.put(w, r, path)
	case r.URL.Query().Get("sendInitialEvents") == "true":
		fail(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "lists come by GET here")
	case r.URL.Query().Get("watch") == "true":
		s.watch(w, r, path)
	case isList:
		s.list(w, r, path)
	default:
		s.get(w, path)
	}
}

func fail(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	})
}

func (s *Server) get(w http.ResponseWriter, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, isScale := strings.CutSuffix(path, "/scale")
	object := s.objects[parent]
	if object == nil {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, path+" is not there")
		return
	}
	if isScale {
		object = scaleOf(object)
	}
	_ = json.NewEncoder(w).Encode(object.Object)
}

// scaleOf omits 0, as Kubernetes does.
func scaleOf(object *unstructured.Unstructured) *unstructured.Unstructured {
	spec := map[string]any{}
	if replicas, _, _ := unstructured.NestedInt64(object.Object, "spec", "replicas"); replicas != 0 {
		spec["replicas"] = replicas
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"kind": "Scale", "apiVersion": "autoscaling/v1", "spec": spec, "status": map[string]any{},
		"metadata": map[string]any{"name": object.GetName(), "namespace": object.GetNamespace(), "resourceVersion": object.GetResourceVersion()},
	}}
}

func (s *Server) put(w http.ResponseWriter, r *http.Request, path string) {
	sent := &unstructured.Unstructured{}
	text, err := io.ReadAll(r.Body)
	if err == nil && r.Header.Get("Content-Type") == "application/json" {
		err = utiljson.Unmarshal(text, &sent.Object) // keeps integers as int64
	} else if err == nil {
		var object runtime.Object
		if object, _, err = scheme.Codecs.UniversalDeserializer().Decode(text, nil, nil); err == nil {
			sent.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		}
	}
	if err != nil {
		fail(w, http.StatusBadRequest, metav1.StatusReasonBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, isScale := strings.CutSuffix(path, "/scale")
	object := s.objects[parent]
	if object == nil {
		fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, path+" is not there")
		return
	}
	if sent.GetResourceVersion() != object.GetResourceVersion() {
		fail(w, http.StatusConflict, metav1.StatusReasonConflict, fmt.Sprintf("%s is at version %s, not %q", path, object.GetResourceVersion(), sent.GetResourceVersion()))
		return
	}
	stored := sent
	if isScale {
		stored = object.DeepCopy()
		replicas, _, _ := unstructured.NestedInt64(sent.Object, "spec", "replicas")
		_ = unstructured.SetNestedField(stored.Object, replicas, "spec", "replicas")
	}
	if stored.GetKind() == "" {
		stored.SetGroupVersionKind(object.GroupVersionKind())
	}
	s.store(parent, stored)
	s.writes = append(s.writes, Write{r.UserAgent(), path, sent})
	if isScale {
		stored = scaleOf(stored)
	}
	_ = json.NewEncoder(w).Encode(stored.Object)
}

func selects(r *http.Request) func(path string, object *unstructured.Unstructured) bool {
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		selector = labels.Nothing()
	}
	name, byName := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "metadata.name=")
	return func(path string, object *unstructured.Unstructured) bool {
		return strings.HasPrefix(path, r.URL.Path+"/") && selector.Matches(labels.Set(object.GetLabels())) && (!byName || object.GetName() == name)
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	items, selected := []any{}, selects(r)
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		if selected(key, s.objects[key]) {
			items = append(items, s.objects[key].Object)
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"metadata": map[string]any{"resourceVersion": strconv.Itoa(s.version)}, "items": items})
}

func (s *Server) watch(w http.ResponseWriter, r *http.Request, path string) {
	since, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	selected := selects(r)
	flusher := w.(http.Flusher)
	flusher.Flush()
	for told := 0; ; {
		s.mu.Lock()
		pending, news := s.events[told:], s.news
		if s.muted != "" && strings.HasPrefix(path, s.muted) {
			pending = nil
		}
		told += len(pending)
		s.mu.Unlock()
		for _, e := range pending {
			if e.version > since && selected(e.path, e.object) {
				if json.NewEncoder(w).Encode(map[string]any{"type": e.kind, "object": e.object.Object}) != nil {
					return
				}
			}
		}
		flusher.Flush()
		select {
		case <-news:
		case <-r.Context().Done():
			return
		}
	}
}
