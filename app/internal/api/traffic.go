// SPDX-License-Identifier: Apache-2.0

// Package api holds the HTTP endpoints, one per file, and the two handlers built from them:
// Traffic for the port the proxy reaches, Operations for the port Prometheus and the kubelet
// reach. Keeping them apart means a probe can never be taken for traffic.
package api

import "net/http"

// Traffic serves /heavywork and /lightwork. heavyWorkServed is called once for each heavy work
// request that is served, just before its answer is written; answered after every request. While
// state is draining, answers ask the proxy to close its connection and use another replica's.
// inFlight counts along.
func Traffic(heavyWorkServed, answered func(), state *State, inFlight *InFlight) http.Handler {
	mux := http.NewServeMux()
	handle(mux, http.MethodPost, "/heavywork", heavyWork(heavyWorkServed))
	handle(mux, http.MethodPost, "/lightwork", lightWork())
	mux.Handle("/", notFound("POST /heavywork", "POST /lightwork"))
	return inFlight.track(answered, closeWhenDraining(state, exactPaths(mux)))
}

// closeWhenDraining announces the end of a connection in its last answers. Closing idle
// connections outright would cut off a request that is already on its way, and a proxy does not
// repeat a POST.
func closeWhenDraining(state *State, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if state.Draining() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
