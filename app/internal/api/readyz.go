// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// readyz is the readiness endpoint: 200 while new requests are wanted, else 503.
func readyz(state *State) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch {
		case state.Draining():
			reply(w, http.StatusServiceUnavailable, `{"status": "draining"}`)
		case state.Ready():
			reply(w, http.StatusOK, `{"status": "ready"}`)
		default:
			reply(w, http.StatusServiceUnavailable, `{"status": "starting"}`)
		}
	})
}
