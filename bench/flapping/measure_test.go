// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

func TestCount(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(seconds int, replicas int32) observe.State {
		return observe.State{At: began.Add(time.Duration(seconds) * time.Second), Wanted: replicas}
	}
	history := observe.History{
		at(0, 1), at(30, 2), // before the counted time
		at(70, 2), // only the metric has changed
		at(80, 3), at(90, 1), at(120, 2),
		at(170, 5), // after it
	}
	got := count(history, began.Add(60*time.Second), began.Add(160*time.Second))
	want := outcome{Ups: 2, Downs: 1, Lowest: 1, Highest: 3, Mean: (20*2 + 10*3 + 30*1 + 40*2) / 100.0}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark()) }
