// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"sync/atomic"
)

// InFlight counts the requests being served, so that a stop that has to cut some off can say so.
// Its zero value is ready for use, by several goroutines at once.
type InFlight struct{ now atomic.Int64 }

// Count is the number of requests being served at this moment.
func (f *InFlight) Count() int64 { return f.now.Load() }

func (f *InFlight) track(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.now.Add(1)
		defer f.now.Add(-1)
		next.ServeHTTP(w, r)
	})
}
