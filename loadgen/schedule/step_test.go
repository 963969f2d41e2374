// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestStep(t *testing.T) {
	steps, err := NewSteps(10*time.Second, 5, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	kindTest{
		curves: []curve{
			{"step", "step:from=50,by=50,every=10,duration=95", func(t float64) float64 { return 50 + 50*math.Floor(t/10) }},
			{"down to nothing", "step:from=500,by=-120,every=15,duration=100", func(t float64) float64 { return max(0, 500-120*math.Floor(t/15)) }},
			{"list", "step:rates=300/10/0/700,every=20,duration=90", func(t float64) float64 {
				return between(t, 0, 20, 300) + between(t, 20, 40, 10) + between(t, 60, 90, 700)
			}},
		},
		beyond: []moment{
			{"climbs on", Step{From: 1, By: 2, Every: 10 * time.Second}, 1005, 201, 10*(100*1+2*4950) + 5*201},
			{"ends at 0", Step{From: 5, By: -2, Every: 10 * time.Second}, 1005, 0, 90},
			{"equal", Step{From: 5, By: 0, Every: 10 * time.Second}, 1005, 5, 5025},
			{"from less than half a step", Step{From: 1, By: 10, Every: time.Second}, 2.5, 21, 22.5},
			{"none", Step{From: 0, By: 0, Every: 10 * time.Second}, 1005, 0, 0},
			{"the last of a list is held", steps, 35, 20, 50 + 300},
		},
		forms: map[string]string{
			"step:from=10,by=5,every=30":                       "step:from=10,by=5,every=30,duration=500",
			"step:rates=10/20/0,every=30":                      "step:rates=10/20/0,every=30,duration=90",
			"step:rates=10/20/0,every=30;step:rates=5,every=1": "step:rates=10/20/0,every=30,duration=90;step:rates=5,every=1,duration=1",
		},
		words: map[string]string{
			"step:from=10,by=5,every=30":  "from 10/s, +5/s every 30 s",
			"step:from=10,by=-5,every=30": "from 10/s, -5/s every 30 s",
			"step:rates=10/20/0,every=30": "3 rates from 10/s to 0/s, 30 s each",
		},
		refused: map[string][]string{
			"step:from=1,by=1e5,every=1":    {`profile step:by "1e5": reaches 49900001 requests per second within 8m20s`},
			"step:rates=1/-2/3,every=5":     {`profile step:rates, number 2 "-2"`},
			"step:rates=,every=5":           {`profile step:rates "": must be a number`},
			"step:rates=1/2,every=5000h":    {`profile step:every "5000h0m0s": must be at most 4380h0m0s, or 2 steps last longer`},
			"step:rates=1/2,from=1,every=1": {`profile step:from "1": is unknown; step takes duration, every, rates`},
		},
		invalid: []bad{{Step{inf, inf, -time.Second}, []string{`from "+Inf"`, `by "+Inf"`, `every "-1s"`}}},
	}.run(t)
	_, err = NewSteps(time.Second)
	checkProblems(t, err, []string{`rates "0 values": must be from 1`})
}

func BenchmarkStep(b *testing.B) { benchmarkArrivals(b, "step:from=0,by=1000,every=4,duration=3600") }

func BenchmarkSteps(b *testing.B) {
	benchmarkArrivals(b, "step:rates="+strings.Repeat("1e6/5e5/", 500)+"1,every=3")
}
