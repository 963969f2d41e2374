// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// lightWork does a piece of light work. It is not counted: this load must not scale anything.
func lightWork() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !discardBody(w, r) {
			return
		}
		reply(w, http.StatusOK, `{"message": "Light work done"}`)
	})
}
