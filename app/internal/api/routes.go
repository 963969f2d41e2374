// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"path"
	"strings"
)

// handle serves one method of an endpoint with handler; GET includes HEAD. Other methods get 405
// as JSON; the mux alone would send plain text.
func handle(mux *http.ServeMux, method, endpoint string, handler http.Handler) {
	mux.Handle(method+" "+endpoint, handler)
	mux.Handle(endpoint, methodNotAllowed(method))
}

func methodNotAllowed(allowed string) http.Handler {
	allow := allowed
	if allowed == http.MethodGet {
		allow = "GET, HEAD"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		replyError(w, http.StatusMethodNotAllowed, "method "+r.Method+" is not allowed here; use "+allowed)
	})
}

func notFound(endpoints ...string) http.Handler {
	problem := "no such path; this port answers " + strings.Join(endpoints, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		replyError(w, http.StatusNotFound, problem)
	})
}

// exactPaths answers paths such as //heavywork or /x/../heavywork with 404. The mux would redirect
// them to the clean path, with an HTML body, and make a client repeat its POST.
func exactPaths(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path.Clean(r.URL.Path) {
			replyError(w, http.StatusNotFound, "no such path; paths are matched exactly, without // or .. or a slash at the end")
			return
		}
		mux.ServeHTTP(w, r)
	})
}
