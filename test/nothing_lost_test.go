// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/patient"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// 200 requests a second, or more where it takes more to want all replicas, go through
// NGINX without a pause: half of them on a new connection each, a quarter on busy
// connections that are kept, a quarter on a hundred connections that are idle most of
// the time. In each cycle they are heavy work until all replicas answer, then light
// work until one is left; meanwhile every pod of the application is replaced, and
// NGINX itself. Every request is answered. docs/lossless.md says what that takes.
func TestNothingLost(t *testing.T) {
	const (
		idle        = 100 // clients that send a request every two seconds
		measureTime = 30 * time.Second
	)
	b := suite.Shared.Budget
	fresh := max(100, b.All(1)) // requests per second on new connections, together with those on kept ones enough for all replicas
	kept := fresh / 2
	measured := 10 * (fresh + kept)                // requests for the balance, ten seconds' worth
	idleFor := min(2*time.Second, b.Keepalive*2/5) // well below NGINX's keepalive_min_timeout
	fast := b                                      // short cycles
	fast.Stabilization = min(5*time.Second, b.Stabilization)
	up, down := b.ScaleUpReaction(), fast.ScaleDownReaction()
	cycles, atLeast, limit := 2, int64(0), b.Quiet()+2*(up+down)+b.LoneRollout()+b.IngressRollout()
	if suite.Shared.Full {
		cycles, atLeast = 10, 100_000
		limit = b.Quiet() + time.Duration(cycles)*(up+down+b.AppRollout())
	}
	s := suite.Start(t, limit)
	b.NeedRoom(t, 1)
	s.HurryScaleDown(fast.Stabilization)
	s.AwaitQuiet()

	var sent, lost int64
	settle := func(m *mixed) {
		n, l := m.stop()
		sent, lost = sent+n, lost+l
	}
	patient := patient.Start(t, s.Ctx, s.Env.HTTPURL+"/lightwork", idle, idleFor)
	var light *mixed
	for cycle := 1; cycle <= cycles || sent < atLeast; cycle++ {
		heavy := startMixed(s, "/heavywork", fresh, kept, limit, cycle)
		if light != nil {
			settle(light)
		}
		s.AwaitMost(up)
		switch cycle % 5 {
		case 2:
			s.Restart(s.Places.Ingress, s.Places.IngressDeployment, b.IngressRollout())
		case 3:
			s.Restart(suite.AppNamespace, suite.AppName, b.AppRollout())
		default:
			s.RequireBalance(measured, measureTime)
		}
		light = startMixed(s, "/lightwork", fresh, kept, limit, cycle)
		settle(heavy)
		s.AwaitFewest(down)
		if cycle%5 == 1 {
			// With one replica NGINX has no other to retry.
			s.Restart(suite.AppNamespace, suite.AppName, b.LoneRollout())
		}
		t.Logf("cycle %d is over: %d requests so far, %d lost", cycle, sent, lost)
	}
	settle(light)
	n, l := patient.Stop()
	sent, lost = sent+n, lost+l
	t.Logf("%d requests, %d lost", sent, lost)
}

// mixed is load on kept connections and on new ones.
type mixed struct{ kept, fresh *suite.Running }

// startMixed sends requests to a path, at two rates per second; turn makes the
// arrivals differ from those of other turns.
func startMixed(s *suite.Suite, path string, fresh, kept float64, length time.Duration, turn int) *mixed {
	s.T.Helper()
	config := engine.Config{Target: s.Env.HTTPURL + path, Timeout: budget.Answer}
	m := &mixed{kept: s.StartRun(config, schedule.Constant{ArrivalRate: kept}, length, uint64(2*turn))}
	config.NewConnections = true
	m.fresh = s.StartRun(config, schedule.Constant{ArrivalRate: fresh}, length, uint64(2*turn+1))
	return m
}

// stop ends the load and returns how many requests were sent and how many of
// them were lost, which fails the test.
func (m *mixed) stop() (sent, lost int64) {
	m.kept.S.T.Helper()
	for _, r := range []*suite.Running{m.kept, m.fresh} {
		answered := r.Stop()
		sent, lost = sent+r.Result.Sent, lost+r.Result.Sent-answered
	}
	return sent, lost
}
