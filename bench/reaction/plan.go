// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand/v2"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
)

// The settings that are measured. Those after floor are ours with one knob set back
// to the guide's value.
const (
	guide  = "guide"
	ours   = "ours"
	floor  = "floor"
	scrape = "scrape 7 s"
	window = "window 15 s"
	sync   = "sync 15 s"
	start  = "plain pod start"
)

// knobs are the settings with one knob set back, in the order of the tables.
var knobs = []string{sync, scrape, window, start}

// clock is the intervals that apply to the entire cluster.
type clock struct {
	Sync   time.Duration `json:"sync"`   // sync period of the autoscaler
	Relist time.Duration `json:"relist"` // relist interval of the adapter
}

var (
	guideClock = clock{15 * time.Second, time.Minute} // the defaults of Kubernetes and of the adapter's chart
	ourClock   = clock{time.Second, 5 * time.Second}
)

// Our settings, as in terraform/environments/kind, and the guide's. The guide's rule
// takes the rate over 15 s, and a rate needs two samples, so it cannot work with its
// chart's default of 30 s: 7 s is the widest interval that has two samples in the
// window at any phase. There is no stabilization here, or each step would wait for
// the end of the previous one.
var (
	ourScrape, ourWindow     = 1, 5
	guideScrape, guideWindow = 7, 15

	apps = map[string]arena.Settings{
		"guide-1": {ScrapeInterval: guideScrape, RateWindow: guideWindow},
		"guide-2": {ScrapeInterval: guideScrape, RateWindow: guideWindow},
		"ours-1":  {ScrapeInterval: ourScrape, RateWindow: ourWindow},
		"ours-2":  {ScrapeInterval: ourScrape, RateWindow: ourWindow},
		"floor":   {ScrapeInterval: ourScrape},
		"scrape":  {ScrapeInterval: guideScrape, RateWindow: guideWindow}, // a wider interval needs the wider window
		"window":  {ScrapeInterval: ourScrape, RateWindow: guideWindow},
		"start":   {ScrapeInterval: ourScrape, RateWindow: ourWindow},
	}
	// plainStarts are applications whose pods start as they do by default: without a
	// post-start hook, and probed every 10 s.
	plainStarts = []string{"guide-1", "guide-2", "start"}
)

// task is one step of the load to come.
type task struct {
	Setting, App string
	Round        int
	Phase        time.Duration // to wait before the step
}

// block is what is measured without changing a clock.
type block struct {
	Clock clock
	Tasks []task
}

// plan returns the blocks of a run: in each round one with the guide's clock and one
// with ours. Their order alternates, so that drift on the machine affects both alike,
// and the clock is changed once a round.
func plan(rounds int, seed uint64) []block {
	var blocks []block
	for round := range rounds {
		slow := block{guideClock, []task{
			{guide, "guide-1", round, 0}, {guide, "guide-2", round, 0}, {sync, "ours-1", round, 0},
		}}
		fast := block{ourClock, []task{
			{ours, "ours-1", round, 0}, {floor, "floor", round, 0}, {scrape, "scrape", round, 0}, {ours, "ours-2", round, 0},
			{window, "window", round, 0}, {start, "start", round, 0}, {floor, "floor", round, 0},
		}}
		if round%2 == 0 {
			blocks = append(blocks, slow, fast)
		} else {
			blocks = append(blocks, fast, slow)
		}
	}
	spreadPhases(blocks, rand.New(rand.NewPCG(seed, 0)))
	return blocks
}

// spreadPhases sets when within the autoscaler's sync period each step comes. Steps
// become ready by events that follow the autoscaler's syncs, so without a wait all
// would come at the same moment of the period. The n steps of a setting get one
// random moment in each nth part of the period, in random order: as fair as random
// moments, with less variance in the median.
func spreadPhases(blocks []block, random *rand.Rand) {
	total := map[string]int{}
	for _, b := range blocks {
		for _, t := range b.Tasks {
			total[t.Setting]++
		}
	}
	parts := map[string][]int{}
	for _, b := range blocks {
		for i := range b.Tasks {
			t := &b.Tasks[i]
			n := total[t.Setting]
			if parts[t.Setting] == nil {
				parts[t.Setting] = random.Perm(n)
			}
			part := parts[t.Setting][0]
			parts[t.Setting] = parts[t.Setting][1:]
			t.Phase = time.Duration((float64(part) + random.Float64()) / float64(n) * float64(b.Clock.Sync))
		}
	}
}
