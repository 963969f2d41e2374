// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// 200 requests a second, or more where all replicas take more, go through NGINX
// without a pause: half of them on a new connection each, a quarter on
// connections that are kept and busy, a quarter on a hundred connections that
// are idle most of the time. They are heavy work
// until all replicas answer and light work until one is left, cycle after cycle;
// in between every pod of the application is replaced, and NGINX itself. Not one
// request goes without its answer. docs/lossless.md says what it takes.
func TestNothingLost(t *testing.T) {
	const (
		idle        = 100 // clients that send a request every two seconds
		measureTime = 30 * time.Second
	)
	b := shared.budget
	fresh := max(100, b.all(1)) // requests per second on new connections, together with those on kept ones enough for all replicas
	kept := fresh / 2
	measured := 10 * (fresh + kept)                // requests for the balance, ten seconds' worth
	idleFor := min(2*time.Second, b.keepalive*2/5) // well below NGINX's keepalive_min_timeout
	fast := b                                      // the cycles are what this is about
	fast.stabilization = min(5*time.Second, b.stabilization)
	up, down := b.scaleUpReaction(), fast.scaleDownReaction()
	cycles, atLeast, limit := 2, int64(0), b.quiet()+2*(up+down)+b.loneRollout()+b.ingressRollout()
	if shared.full {
		cycles, atLeast = 10, 100_000
		limit = b.quiet() + time.Duration(cycles)*(up+down+b.appRollout())
	}
	s := start(t, limit)
	b.needRoom(t, 1)
	s.hurryScaleDown(fast.stabilization)
	s.awaitQuiet()

	var sent, lost int64
	settle := func(m *mixed) {
		n, l := m.stop()
		sent, lost = sent+n, lost+l
	}
	patient := startPatient(t, s.ctx, s.env.HTTPURL+"/lightwork", idle, idleFor)
	var light *mixed
	for cycle := 1; cycle <= cycles || sent < atLeast; cycle++ {
		heavy := s.startMixed("/heavywork", fresh, kept, limit, cycle)
		if light != nil {
			settle(light)
		}
		s.awaitMost(up)
		switch cycle % 5 {
		case 2:
			s.restart(s.places.ingress, s.places.ingressDeployment, b.ingressRollout())
		case 3:
			s.restart(appNamespace, appName, b.appRollout())
		default:
			s.requireBalance(measured, measureTime)
		}
		light = s.startMixed("/lightwork", fresh, kept, limit, cycle)
		settle(heavy)
		s.awaitFewest(down)
		if cycle%5 == 1 {
			// With one replica there is nobody else to turn to.
			s.restart(appNamespace, appName, b.loneRollout())
		}
		t.Logf("cycle %d is over: %d requests so far, %d lost", cycle, sent, lost)
	}
	settle(light)
	n, l := patient.stop()
	sent, lost = sent+n, lost+l
	t.Logf("%d requests, %d lost", sent, lost)
}

// mixed is load on connections that are kept and on new ones.
type mixed struct{ kept, fresh *running }

// startMixed sends requests to a path, at two rates per second; turn makes the
// arrivals differ from those of other turns.
func (s *suite) startMixed(path string, fresh, kept float64, length time.Duration, turn int) *mixed {
	s.t.Helper()
	config := engine.Config{Target: s.env.HTTPURL + path, Timeout: answer}
	m := &mixed{kept: s.startRun(config, schedule.Constant{ArrivalRate: kept}, length, uint64(2*turn))}
	config.NewConnections = true
	m.fresh = s.startRun(config, schedule.Constant{ArrivalRate: fresh}, length, uint64(2*turn+1))
	return m
}

// stop ends the load and returns how many requests were sent and how many of
// them were lost, which fails the test.
func (m *mixed) stop() (sent, lost int64) {
	m.kept.s.t.Helper()
	for _, r := range []*running{m.kept, m.fresh} {
		answered := r.stop()
		sent, lost = sent+r.result.Sent, lost+r.result.Sent-answered
	}
	return sent, lost
}
