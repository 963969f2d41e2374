// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// healthz is the liveness endpoint: answering at all is the whole test. It stays well during
// the drain, or the kubelet would kill the process that is finishing its requests.
func healthz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, `{"status": "ok"}`)
	})
}
