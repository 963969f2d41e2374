// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The load generator, NGINX in its access log, and the application's pods, including
// those that have ended, count the requests of one run in which replicas come and
// go. The counts are equal: the generator got as many answers with status 202 as
// NGINX has logged and the pods together have counted, there is no other status, and
// no answer is missing.
//
// The run starts with a rate that wants all replicas, and continues with one below
// the target of the minimum, so that only the minimum stays.
func TestCountsAgree(t *testing.T) {
	b := suite.Shared.Budget
	high, highFor := b.All(1.2), b.ScaleUpReaction()
	low, lowFor := b.Alone(0.6), b.RateWindow+b.HPASync+b.ScaleDownReaction()
	s := suite.Start(t, b.Quiet()+highFor+lowFor+4*budget.Answer)
	b.NeedRoom(t, 1)
	s.AwaitQuiet()

	path := fmt.Sprintf("/heavywork?run=%d", time.Now().UnixNano()) // no other client's requests count
	logged := s.FollowAccessLog(path)
	ledger := s.FollowCounter()
	before, err := ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}

	profile, err := schedule.NewSequence(
		schedule.Segment{Profile: schedule.Constant{ArrivalRate: high}, Duration: highFor},
		schedule.Segment{Profile: schedule.Constant{ArrivalRate: low}, Duration: lowFor},
	)
	if err != nil {
		t.Fatal(err)
	}
	load := s.StartProfile(path, profile, profile.Duration())
	s.AwaitMost(highFor)
	s.AwaitFewest(highFor + lowFor)
	load.Stop()
	sent := load.Result

	after, err := ledger.Sum(s.Ctx)
	if err != nil {
		t.Fatal(err)
	}
	counted := int64(after - before)
	if alive, ended := ledger.Pods(); ended < int(b.MaxReplicas-b.MinReplicas) {
		t.Errorf("%d pods have ended and %d are there, want %d that have come and gone", ended, alive, b.MaxReplicas-b.MinReplicas)
	}
	ctx, cancel := context.WithTimeout(s.Ctx, budget.Answer)
	defer cancel()
	lines, err := logged.Await(ctx, 202, counted)
	if err != nil {
		t.Error(err)
	}
	requireAgreement(t, sent, lines, counted)
}

// requireAgreement fails the test unless the three counts are one number.
func requireAgreement(t *testing.T, sent *measure.Result, logged map[int]int64, counted int64) {
	t.Helper()
	t.Logf("sent %d: answers by status %v, failed %d %v; access log %v; counter %d", sent.Sent, sent.Statuses, sent.Failed, sent.Errors, logged, counted)
	if counted != logged[202] {
		t.Errorf("the pods have counted %d requests, and NGINX has logged %d with status 202", counted, logged[202])
	}
	if sent.Statuses[202] != logged[202] || sent.Sent != logged[202] {
		t.Errorf("%d requests were sent and %d answered with 202, and NGINX has logged %d with that status", sent.Sent, sent.Statuses[202], logged[202])
	}
	for status, n := range logged {
		if status != 202 {
			t.Errorf("NGINX has logged %d requests with status %d", n, status)
		}
	}
}
