// SPDX-License-Identifier: Apache-2.0

package wake

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Ten workloads wake at the same time, twenty times each. Every request is answered,
// and counted once.
func TestColdStarts(t *testing.T) {
	const members, rounds = 10, 20
	b := suite.Shared.Budget
	s := suite.Start(t, fleet.Up(members)+budget.Settling+rounds*(fleet.Goes(b)+fleet.Up(members))+2*b.PodStop)
	f := fleet.Start(s, members)
	before, err := f.Ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		var mu sync.Mutex
		var longest time.Duration
		var woken sync.WaitGroup
		for _, m := range f.Members {
			woken.Go(func() {
				if _, err := m.AwaitZero(s.Ctx); err != nil {
					t.Error(err)
					return
				}
				began := time.Now()
				if status, err := m.Post(s.Ctx, "/heavywork"); err != nil || status != http.StatusAccepted {
					t.Errorf("round %d, %s: status %d, error %v", round, m.Name, status, err)
				}
				mu.Lock()
				defer mu.Unlock()
				longest = max(longest, time.Since(began))
			})
		}
		woken.Wait()
		t.Logf("round %d of %d: the last of %d was answered after %s", round+1, rounds, members, longest.Round(10*time.Millisecond))
	}
	after, err := f.Ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	if counted := int(after - before); counted != members*rounds {
		t.Errorf("the pods have counted %d requests, want %d: none lost, none twice", counted, members*rounds)
	}
}
