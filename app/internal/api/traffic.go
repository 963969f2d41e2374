// SPDX-License-Identifier: Apache-2.0

// Package api holds the HTTP endpoints, one per file, and the two handlers built from them:
// Traffic for the port of the proxy, Operations for the port of Prometheus and the kubelet. On
// separate ports, probes are never counted as traffic.
package api

import "net/http"

// Traffic serves /heavywork and /lightwork. It calls heavyWorkServed for each heavy work request
// that it serves, just before the answer is written, and answered after every request. While state
// is draining, answers ask the proxy to close its connection. inFlight counts all requests.
func Traffic(heavyWorkServed, answered func(), state *State, inFlight *InFlight) http.Handler {
	mux := http.NewServeMux()
	handle(mux, http.MethodPost, "/heavywork", heavyWork(heavyWorkServed))
	handle(mux, http.MethodPost, "/lightwork", lightWork())
	mux.Handle("/", notFound("POST /heavywork", "POST /lightwork"))
	return inFlight.track(answered, closeWhenDraining(state, exactPaths(mux)))
}

// closeWhenDraining sends Connection: close while draining. Closing idle connections outright
// could cut off a request that is already on its way, and a proxy does not retry a POST.
func closeWhenDraining(state *State, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state.Draining() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
