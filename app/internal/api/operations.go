// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Operations serves /metrics from gatherer, and /healthz and /readyz from state.
func Operations(gatherer prometheus.Gatherer, state *State) http.Handler {
	mux := http.NewServeMux()
	handle(mux, http.MethodGet, "/metrics", metricsPage(gatherer))
	handle(mux, http.MethodGet, "/healthz", healthz())
	handle(mux, http.MethodGet, "/readyz", readyz(state))
	mux.Handle("/", notFound("GET /metrics", "GET /healthz", "GET /readyz"))
	return exactPaths(mux)
}
