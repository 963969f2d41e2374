// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// heavyWork accepts a piece of heavy work. It counts before it answers, so whoever has the
// answer finds it counted, and it counts nothing it refuses.
func heavyWork(served func()) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !discardBody(w, r) {
			return
		}
		served()
		reply(w, http.StatusAccepted, `{"message": "Heavy work started"}`)
	})
}
