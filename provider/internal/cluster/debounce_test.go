// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/watch"
)

func TestDebounce(t *testing.T) {
	const quiet, limit = 500 * time.Millisecond, 10 * time.Second
	tests := map[string]struct {
		events   int // one every 400 ms
		endWatch bool
		want     time.Duration
	}{
		"nothing happens":        {0, false, quiet},
		"three changes":          {3, false, 3*400*time.Millisecond + quiet},
		"the watch ends":         {3, true, 3*400*time.Millisecond + quiet},
		"changes without an end": {1000, false, limit},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time in here is not real
				events := make(chan watch.Event, 1)
				start := time.Now()
				go func() {
					tick := time.NewTicker(400 * time.Millisecond)
					defer tick.Stop()
					for range tt.events {
						select {
						case <-tick.C:
							events <- watch.Event{}
						case <-t.Context().Done():
							return
						}
					}
					if tt.endWatch {
						close(events)
					}
				}()
				if err := (&debouncer{events: events, handedOver: func() bool { return false }, busy: func() bool { return false }, quiet: quiet, limit: limit}).wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("waited %s, want %s", got, tt.want)
				}
			})
		})
	}
}
