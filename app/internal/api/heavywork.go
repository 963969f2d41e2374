// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// heavyWork accepts a piece of heavy work. It counts before it answers, so a client that has the
// answer finds it counted. It does not count requests that it refuses.
func heavyWork(served func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !discardBody(w, r) {
			return
		}
		served()
		reply(w, http.StatusAccepted, `{"message": "Heavy work started"}`)
	})
}
