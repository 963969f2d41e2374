// SPDX-License-Identifier: Apache-2.0

// Package clustertest is a small API server for tests: config maps, Deployments, pods and Leases with optimistic concurrency and
// watches, and a metrics API that behaves like prometheus-adapter, with the adapter's own packages, or like this project's adapter, which
// loads its rules by itself. It serves nothing else.
package clustertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
)

// Server is the API server, with one adapter in it.
type Server struct {
	URL     string
	Adapter *Adapter

	mu        sync.Mutex
	objects   map[string]object // by path
	version   int               // of the last write
	watchers  map[*watcher]bool
	intercept func(*http.Request) *metav1.Status
	stalled   bool
	rollouts  int
	replicas  map[string]*reload.Replica // of an adapter that reloads, by pod
	heldBack  []string                   // of these
	done      chan struct{}
}

// object is a Kubernetes object as decoded JSON.
type object = map[string]any

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]object{}, watchers: map[*watcher]bool{}, done: make(chan struct{})}
	s.Adapter = newAdapter()
	mux := http.NewServeMux()
	s.Adapter.routes(mux)
	for _, c := range collections {
		mux.HandleFunc("GET "+c.path, s.list(c))
		mux.HandleFunc("POST "+c.path, s.create(c))
		mux.HandleFunc("GET "+c.path+"/{name}", s.get(c))
		mux.HandleFunc("PUT "+c.path+"/{name}", s.update(c))
		mux.HandleFunc("PATCH "+c.path+"/{name}", s.patch(c))
	}
	mux.HandleFunc("GET /api/v1/namespaces/{ns}/pods/{name}/log", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "unable to construct naming scheme")
	})
	srv := httptest.NewServer(s.front(mux))
	s.URL = srv.URL
	t.Cleanup(func() {
		close(s.done) // watches would keep Close waiting
		srv.Close()
	})
	return s
}

// front lets the test fail requests before they are served.
func (s *Server) front(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		intercept := s.intercept
		s.mu.Unlock()
		if intercept != nil {
			if status := intercept(r); status != nil {
				fail(w, int(status.Code), status.Reason, status.Message)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// Intercept calls a function for each request first; a status that it returns is the answer. Nil ends this.
func (s *Server) Intercept(f func(*http.Request) *metav1.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

// InterceptBody is Intercept for functions that read the body.
func (s *Server) InterceptBody(f func(r *http.Request, body string) *metav1.Status) {
	s.Intercept(func(r *http.Request) *metav1.Status {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return &metav1.Status{Code: http.StatusBadRequest, Reason: metav1.StatusReasonBadRequest, Message: err.Error()}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return f(r, string(body))
	})
}

// Stall keeps rollouts from completing, or lets them complete again.
func (s *Server) Stall(stalled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = stalled
}

// Rollouts returns how often the pod template of a Deployment was changed.
func (s *Server) Rollouts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rollouts
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone does not matter
}

func fail(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	reply(w, code, metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Code: int32(code), Reason: reason, Message: message,
	})
}

func notFound(w http.ResponseWriter, path string) {
	fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, strings.TrimPrefix(path, "/")+" not found")
}
