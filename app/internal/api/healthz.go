// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// healthz is the liveness endpoint: any answer means alive. It succeeds during the drain too, or
// the kubelet would kill the process while it finishes its requests.
func healthz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, `{"status": "ok"}`)
	})
}
