// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"flag"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

var update = flag.Bool("update", false, "write what the tests see to testdata")

// golden compares with a text in testdata; go test -update rewrites it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := readFile(t, file); got != want {
		t.Errorf("the text is\n%s\nand was\n%s\nif that is right, accept it with go test -update", got, want)
	}
}

const allShapes = "constant:rate=5,duration=30; decay:arrival_rate=40,decay_rate=0.05,duration=60; ramp:from=0,to=30,duration=60;" +
	"ramp:from=30,to=10,over=20,duration=30; step:from=10,by=10,every=15,duration=60; step:rates=5/15/10,every=10;" +
	"spike:base=5,peak=50,at=20,width=10,duration=60; sine:mean=20,amplitude=15,period=40,duration=80; trace:points=0:10/30:40/30:5,duration=45"

func TestPlanOfEveryShape(t *testing.T) {
	sequence, err := schedule.Parse(allShapes)
	if err != nil {
		t.Fatal(err)
	}
	l := load{sequence: sequence}
	golden(t, "plan-80.txt", planText(l, draw.Style{Unicode: true}, 80))
	golden(t, "plan-60-ascii.txt", planText(l, draw.Style{}, 60))
}

func TestPlanSendsNothingAndTakesTheLineOfARun(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	output1(t, append([]string{"plan", "--max-in-flight=3", "--out", "/nowhere/x.json", host, port, "heavywork"}, short...)...)
	if seen.Load() != 0 {
		t.Errorf("plan sent %d requests", seen.Load())
	}
	err := execute(t.Context(), []string{"plan", "--profile=steep:to=5"}, new(buffer), new(buffer), 0)
	if ExitCode(err) != 2 {
		t.Errorf("exit code %d for %v", ExitCode(err), err)
	}
}

func TestPlanAsJSONAddsUp(t *testing.T) {
	var got struct {
		Expected  float64   `json:"expected_requests"`
		PerSecond []float64 `json:"expected_requests_by_second"`
		Segments  []planPart
	}
	if err := json.Unmarshal([]byte(output1(t, "plan", "--json", "--profile", allShapes)), &got); err != nil {
		t.Fatal(err)
	}
	var segments, seconds float64
	for _, s := range got.Segments {
		segments += s.ExpectedRequests
	}
	for _, s := range got.PerSecond {
		seconds += s
	}
	if len(got.Segments) != 9 || math.Abs(segments-got.Expected) > 1e-6 || math.Abs(seconds-got.Expected) > 1e-6 {
		t.Errorf("%d segments with %v requests, seconds with %v, want %v", len(got.Segments), segments, seconds, got.Expected)
	}
	if got.Segments[0].ExpectedRequests != 150 || got.Segments[6].PeakRate != 50 {
		t.Errorf("segments are %+v", got.Segments)
	}
}
