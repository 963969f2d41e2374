// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"sync/atomic"
)

// InFlight counts the requests being served: so a shutdown can report how many it cut off, and the
// activator can tell whether the service is idle. Its zero value is ready to use, and safe for
// concurrent use.
type InFlight struct{ now atomic.Int64 }

// Count returns the number of requests being served.
func (f *InFlight) Count() int64 { return f.now.Load() }

// track calls answered at the end of each request, while it still counts as in flight, so that a
// request is always visible in at least one of the two.
func (f *InFlight) track(answered func(), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.now.Add(1)
		defer f.now.Add(-1)
		defer answered()
		next.ServeHTTP(w, r)
	})
}
