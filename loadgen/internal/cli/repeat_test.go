// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

func TestRepeatCommand(t *testing.T) {
	var run result.Run
	run.MaxInFlight, run.TimeoutSeconds = 100, 2.5
	run.Target = "http://10.0.0.7:8080/lightwork"
	run.Parts = []result.Part{{Seed: 1, Scale: 0.5}, {Seed: 2, Scale: 0.5}}
	run.Profile.Text = "constant:rate=5,duration=1;ramp:from=1,to=2,duration=3"
	const want = `loadgen run --profile 'scale=0.5;constant:rate=5,duration=1;ramp:from=1,to=2,duration=3' --seed 1 --max-in-flight 50 --timeout 2.5 10.0.0.7 8080 lightwork
loadgen run --profile 'scale=0.5;constant:rate=5,duration=1;ramp:from=1,to=2,duration=3' --seed 2 --max-in-flight 50 --timeout 2.5 10.0.0.7 8080 lightwork`
	if got := repeatCommand(&result.Document{Run: run}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// No command is better than one that sends something else.
func TestRepeatCommandOfEveryTarget(t *testing.T) {
	var run result.Run
	run.Profile.Text, run.TimeoutSeconds, run.MaxInFlight = "constant:rate=5,duration=1", 30, engine.DefaultMaxInFlight
	const flags = "loadgen run --profile constant:rate=5,duration=1 --seed 1"
	part := result.Part{Seed: 1, Scale: 1}
	for target, want := range map[string]string{
		"http://localhost/heavywork":             flags + " localhost 80 heavywork",
		"https://localhost/lightwork":            flags + " https://localhost 443 lightwork",
		"https://localhost:8443/heavywork":       flags + " https://localhost:8443 heavywork",
		"http://[::1]:8080/heavywork":            flags + " ::1 8080 heavywork",
		"https://[fe80::1%25lo]:1/heavywork":     flags + " 'https://[fe80::1%lo]' 1 heavywork",
		"http://localhost/":                      "",
		"http://localhost/api/heavywork":         "",
		"http://localhost/heavywork?n=1":         "",
		"http://localhost/heavywork?":            "",
		"http://localhost/heavywork/":            "",
		"http://localhost/%68eavywork":           "",
		"http://user:secret@localhost/heavywork": "",
	} {
		run.Target, run.Parts = target, []result.Part{part}
		if strings.Contains(target, ":8443") {
			want = flags + " https://localhost 8443 heavywork"
		}
		if got := repeatCommand(&result.Document{Run: run}); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", target, got, want)
		}
	}
	run.Target = "https://localhost/heavywork"
	for want, set := range map[string]func(*result.Run){
		flags + " --insecure-skip-verify https://localhost 443 heavywork": func(r *result.Run) { r.Parts[0].InsecureSkipVerify = true },
		flags + " --new-connections https://localhost 443 heavywork": func(r *result.Run) {
			r.Parts[0].NewConnections, r.Parts[0].IdleTimeoutSeconds = true, engine.DefaultIdleTimeout.Seconds()
		},
		flags + " --idle-timeout 0.5 https://localhost 443 heavywork": func(r *result.Run) { r.Parts[0].IdleTimeoutSeconds = 0.5 },
		"": func(r *result.Run) { r.Host = "shop.example.org" },
	} {
		changed := run
		changed.Parts = []result.Part{part}
		set(&changed)
		if got := repeatCommand(&result.Document{Run: changed}); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	line := &timeline.Timeline{Autoscaler: timeline.Autoscaler{Namespace: "shop", HPA: "cart"}}
	for metric, words := range map[string]string{defaultMetric: "", "queue length": " --metric 'queue length' --namespace shop --hpa cart"} {
		line.Metric = metric
		want := flags + words + " https://localhost 443 heavywork"
		if got := repeatCommand(&result.Document{Run: run, Timeline: line}); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestShellWord(t *testing.T) {
	for _, tt := range [][2]string{
		{shellWord("a b"), "'a b'"}, {shellWord("it's"), `'it'\''s'`}, {shellWord("x=1,y=2"), "x=1,y=2"}, {shellWord(""), "''"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("got %s, want %s", tt[0], tt[1])
		}
	}
}
