// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"sync/atomic"
)

// InFlight counts the requests being served: a stop that has to cut some off can say so, and a
// service that has none may be put to zero.
// Its zero value is ready for use, by several goroutines at once.
type InFlight struct{ now atomic.Int64 }

// Count is the number of requests being served at this moment.
func (f *InFlight) Count() int64 { return f.now.Load() }

// track calls answered at the end of each request, before it stops counting as one in flight: at
// no moment does a request show in neither.
func (f *InFlight) track(answered func(), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.now.Add(1)
		defer f.now.Add(-1)
		defer answered()
		next.ServeHTTP(w, r)
	})
}
