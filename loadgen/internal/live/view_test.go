// SPDX-License-Identifier: Apache-2.0

package live

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
)

var update = flag.Bool("update", false, "write the frames that the tests see to testdata")

// planned is the default load, a decaying rate.
func planned(from, to float64) (float64, bool) {
	total := func(t float64) float64 { return 20 / 0.02 * (1 - math.Exp(-0.02*t)) }
	return (total(to) - total(from)) / (to - from), true
}

// states are snapshots of scripted runs.
func states() map[string]State {
	ran := func(seconds int, share float64) *History {
		h := new(History)
		for i := range 4*seconds + 1 {
			t := float64(i) / 4
			total := 1000 * (1 - math.Exp(-0.02*t))
			h.Add(time.Duration(t*float64(time.Second)), int64(total), int64(total*share))
		}
		return h
	}
	metric := 14.2
	well := State{
		Target: "POST http://127.0.0.1:80/heavywork", Profile: "decay 20/s, 0.02/s, 500 s",
		Planned: planned, Elapsed: 60*time.Second + 300*time.Millisecond, Duration: 200 * time.Second,
		OfferedRate: 6.1, AchievedRate: 6.04, History: ran(60, 1),
		Offered: 1698, Sent: 1698, Completed: 1697, Succeeded: 1697, InFlight: 1,
		Classes: []Count{{"2xx", 1697}},
		Recent:  Latency{6, 1230 * time.Microsecond, 4100 * time.Microsecond},
		Overall: Latency{1697, 1180 * time.Microsecond, 12300 * time.Microsecond},
		Cluster: &Cluster{Name: "app/heavywork", Desired: 3, Replicas: 3, Ready: 2, Min: 1, Max: 5, Metric: &metric, Target: 10},
	}
	starting := State{
		Target: well.Target, Profile: well.Profile, Planned: planned, Duration: well.Duration, History: new(History),
		Cluster: &Cluster{Name: "app/heavywork", Desired: 1, Replicas: 1, Ready: 1, Min: 1, Max: 5, Target: 10},
	}
	asleep := starting
	asleep.Elapsed = 90 * time.Second
	asleep.Cluster = &Cluster{Name: "app/heavywork", Min: 1, Max: 5, Target: 10}
	badly := well
	badly.Cluster = nil
	badly.Ending = "interrupted: awaiting answers, at most 30 s"
	badly.History = ran(60, 0.4)
	badly.Failed, badly.Dropped, badly.Succeeded = 1_234_567, 89, 600
	badly.Classes = []Count{{"2xx", 600}, {"5xx", 1097}}
	badly.Errors = []Count{{"timeout", 1_234_000}, {"connection_reset", 567}}
	badly.Recent, badly.Overall = Latency{}, Latency{600, 950 * time.Millisecond, 29_900 * time.Millisecond}
	last := well
	last.Elapsed, last.Cluster, last.InFlight = 200*time.Second+400*time.Millisecond, nil, 12
	over := last
	over.InFlight, over.Over = 0, true
	return map[string]State{"well": well, "starting": starting, "asleep": asleep, "badly": badly, "last": last, "over": over}
}

func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		state string
		size  Size
		style draw.Style
	}{
		{"well", Size{80, 24}, draw.Style{Unicode: true}},
		{"well", Size{120, 40}, draw.Style{Unicode: true}},
		{"well", Size{60, 20}, draw.Style{Unicode: true}},
		{"well", Size{60, 8}, draw.Style{Unicode: true}},
		{"well", Size{80, 24}, draw.Style{}},
		{"well", Size{80, 24}, draw.Style{Unicode: true, Color: true}},
		{"starting", Size{80, 24}, draw.Style{Unicode: true}},
		{"asleep", Size{80, 24}, draw.Style{Unicode: true}},
		{"asleep", Size{80, 24}, draw.Style{Unicode: true, Color: true}},
		{"badly", Size{80, 24}, draw.Style{Unicode: true}},
		{"badly", Size{60, 20}, draw.Style{}},
		{"last", Size{80, 24}, draw.Style{Unicode: true}},
		{"over", Size{80, 24}, draw.Style{Unicode: true}},
	} {
		name := fmt.Sprintf("%s-%dx%d", tt.state, tt.size.Columns, tt.size.Rows)
		if !tt.style.Unicode {
			name += "-ascii"
		}
		if tt.style.Color {
			name += "-color"
		}
		t.Run(name, func(t *testing.T) {
			lines := Lines(states()[tt.state], tt.size, tt.style)
			if len(lines) >= tt.size.Rows {
				t.Errorf("%d lines leave the cursor none of %d", len(lines), tt.size.Rows)
			}
			for _, line := range lines {
				if visible(line) >= tt.size.Columns {
					t.Errorf("%d columns wide: %q", visible(line), line)
				}
			}
			compare(t, name, strings.Join(lines, "\n")+"\n")
		})
	}
}

// compare compares with a frame in testdata; go test -update rewrites it.
func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the frame is\n%s\nand was\n%s\nif that is right, accept it with go test -update", got, want)
	}
}
