// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/ramp"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// rampOptions is a parsed command line of the command ramp.
type rampOptions struct {
	runOptions
	limits       ramp.Limits
	wish         ramp.Wish
	method, host string
	command      string // to send the same steps again
}

const rampTimeout = 10 * time.Second // bounds the wait for an overloaded server after each step

// defaultRamp has the defaults; docs/what-target.md gives the reasons for them.
func defaultRamp() rampOptions {
	return rampOptions{
		limits: ramp.Limits{
			From: 10, Max: 1000, Step: 10 * time.Second, MaxTime: 10 * time.Minute,
			Quantile: 0.99, Factor: 5, Lost: 0.01, Precision: 0.1,
		},
		wish: ramp.Wish{Utilization: 0.7},
	}
}

func parseRamp(args []string) (o rampOptions, problems invalid.Values, help bool) {
	o = defaultRamp()
	f := newFlagSet()
	f.sending(&o.runOptions)
	o.timeout, o.load.seed = rampTimeout, uint64(rand.Uint32())
	f.seed(&o.load.seed)
	l := &o.limits
	f.between("from", 0.01, schedule.MaxRate, "10", &l.From)
	f.between("max-rate", 0.01, schedule.MaxRate, "1000", &l.Max)
	f.duration("step", "must be from 1 to 600 seconds, for example 10", func(d time.Duration) bool { return d >= time.Second && d <= 10*time.Minute }, &l.Step)
	f.duration("max-time", "must be above 0 and at most 24h, in seconds or as a Go duration, for example 600 or 10m",
		func(d time.Duration) bool { return d > 0 && d <= 24*time.Hour }, &l.MaxTime)
	f.between("quantile", 0.5, 0.999, "0.99", &l.Quantile)
	f.between("latency-factor", 1.5, 1000, "5", &l.Factor)
	f.duration("latency", "must be above 0 and at most 1h, in seconds or as a Go duration, for example 250ms",
		func(d time.Duration) bool { return d > 0 && d <= time.Hour }, &l.Latency)
	f.between("errors", 0, 0.5, "0.01 for 1 %", &l.Lost)
	f.between("utilization", 0.05, 1, "0.7 for 70 %", &o.wish.Utilization)
	f.between("usual-rate", 0.001, 1e9, "100", &o.wish.Usual)
	f.between("peak-rate", 0.001, 1e9, "500", &o.wish.Peak)
	f.value("method", "must be POST or GET", func(s string) bool {
		o.method = strings.ToUpper(s)
		return o.method == http.MethodPost || o.method == http.MethodGet
	})
	f.text("host-header", "must be a host name, for example shop.example.org", &o.host)

	arguments, understood, help := f.parse(args)
	if help {
		return o, nil, true
	}
	if understood {
		o.target = parsePath(arguments, &f.problems)
	}
	if l.From > l.Max {
		f.problems.Add("--from", plain(l.From), "must be at most --max-rate, which is %s", plain(l.Max))
	}
	if f.given("latency") && f.given("latency-factor") {
		f.refuse("latency-factor", "has no effect with --latency: leave one of them out")
	}
	if o.wish.Peak > 0 && o.wish.Peak < o.wish.Usual {
		f.refuse("peak-rate", "must be at least --usual-rate, which is %s", plain(o.wish.Usual))
	}
	f.checkSending(&o.runOptions)
	if !f.given("cluster") && o.cluster.mode == "auto" {
		o.cluster.mode = "off" // an autoscaler found by itself might scale another application
	}
	o.command = "loadgen ramp"
	if !f.given("seed") {
		args = append([]string{"--seed", strconv.FormatUint(o.load.seed, 10)}, args...)
	}
	for _, word := range args {
		o.command += " " + shellWord(word)
	}
	return o, f.problems, false
}

func runRamp(ctx context.Context, c console, args []string) error {
	o, problems, help := parseRamp(args)
	if help {
		return write(c.stdout, rampUsage())
	}
	o.target.check(ctx, o.timeout, &problems)
	var recorder *timeline.Recorder
	if len(problems) == 0 && ctx.Err() == nil {
		var err error
		if recorder, err = o.cluster.record(ctx); err != nil {
			problems.Add("--cluster", o.cluster.mode, "%v; to run without an autoscaler, leave out the flags that name it", err)
		}
	}
	pods := func() int { return 0 }
	if recorder != nil {
		defer recorder.Stop()
		pods = func() int { return recorder.Now().Ready }
		onePod(recorder, &problems)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w before the first request", ErrInterrupted)
	}
	if err := refuse("ramp", problems); err != nil {
		return err
	}

	rows := c.stdout
	if o.json {
		rows = c.stderr
	}
	if o.quiet {
		rows = io.Discard
	}
	text := rampText{o, c.style(rows), c.width(rows)}
	failures := []error{write(rows, text.head())}
	found, err := ramp.Run(ctx, o.limits, o.sender(), pods, func(s ramp.Step) {
		failures = append(failures, write(rows, text.row(s)))
	})
	if err != nil {
		return err
	}
	warnings := []string{}
	if found.Warning != "" {
		warnings = append(warnings, found.Warning)
	}
	if recorder == nil {
		warnings = append(warnings, "the number of pods was not checked: keep it at one (minReplicas and maxReplicas 1), and name the autoscaler with --namespace and --hpa to have it checked")
	}
	if len(found.Steps) > 0 {
		failures = append(failures, o.keep(c, text, found, warnings, recorder)...)
	}
	proposal := found.Propose(o.wish)
	if o.json {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		failures = append(failures, encoder.Encode(rampJSON{o.target.url(), proposal, warnings, found}))
	} else {
		failures = append(failures, write(c.stdout, text.foot(found, warnings)))
	}
	switch {
	case ctx.Err() != nil:
		failures = append(failures, ErrInterrupted)
	case proposal == nil && !o.tolerateErrors:
		failures = append(failures, errors.New("there is no target to propose: see the warning"))
	}
	return errors.Join(failures...)
}

// rampJSON is what --json writes.
type rampJSON struct {
	Target   string         `json:"target"`
	Proposal *ramp.Proposal `json:"proposal"`
	Warnings []string       `json:"warnings"`
	ramp.Outcome
}

// onePod refuses an autoscaler that does not have exactly one pod, or may get
// more.
func onePod(recorder *timeline.Recorder, problems *invalid.Values) {
	a, ready := recorder.Autoscaler(), recorder.Now().Ready
	if a.MaxReplicas != 1 || ready != 1 {
		problems.Add("--hpa", a.HPA, "has %d ready pods and may have %d: set minReplicas and maxReplicas to 1, and wait until one is ready", ready, a.MaxReplicas)
	}
}

// sender starts each step a whole number of seconds after the first one, so
// that the seconds of all steps align, and with a seed of its own.
func (o rampOptions) sender() ramp.Sender {
	var start time.Time
	part := 0
	return func(ctx context.Context, rate float64, duration time.Duration) (*measure.Result, error) {
		arrivals, err := schedule.NewPoisson(schedule.Constant{ArrivalRate: rate}, duration, schedule.PartSeed(o.load.seed, part))
		if err != nil {
			return nil, err
		}
		if part++; start.IsZero() {
			start = time.Now()
		} else {
			select {
			case <-time.After(time.Second - time.Since(start)%time.Second):
			case <-ctx.Done(): // the engine returns at once
			}
		}
		config := o.config()
		config.Method, config.Host, config.Schedule = o.method, o.host, arrivals
		return engine.Run(ctx, config)
	}
}

// keep writes the files that were asked for.
func (o rampOptions) keep(c console, text rampText, found ramp.Outcome, warnings []string, recorder *timeline.Recorder) []error {
	var line *timeline.Timeline
	if recorder != nil {
		recorder.SetStart(found.Steps[0].Result.StartedAt)
		recorded := recorder.Stop()
		line = &recorded
	}
	document, err := found.Document(o.plan(), line)
	if err != nil {
		return []error{err}
	}
	page := report.Ramp{Method: text.method(), Command: o.command, Lead: found.Sentences(o.wish), Warnings: warnings, Head: text.columns()}
	for _, step := range found.Steps {
		page.Rows = append(page.Rows, text.cells(step))
	}
	_, failures := o.files(c, document, func(w io.Writer) error { return report.WriteRamp(w, document, page) })
	return failures
}
