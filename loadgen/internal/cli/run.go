// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/live"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// runOptions is a parsed command line of the command run.
type runOptions struct {
	load    load
	target  target
	cluster clusterFlags

	maxInFlight    int
	timeout        time.Duration
	idleTimeout    time.Duration
	newConnections bool
	insecure       bool
	quiet          bool
	delivery
}

// runFlags defines all flags of run; loaded gets those of the load.
func runFlags(f *flagSet, o *runOptions, loaded *loadFlags) {
	f.load(loaded)
	f.sending(o)
}

// sending defines the flags that say how requests are sent, what is shown and kept,
// and which autoscaler is watched.
func (f *flagSet) sending(o *runOptions) {
	o.maxInFlight, o.timeout, o.idleTimeout = engine.DefaultMaxInFlight, engine.DefaultTimeout, engine.DefaultIdleTimeout
	f.integer("max-in-flight", 1, engine.LimitMaxInFlight, engine.DefaultMaxInFlight, &o.maxInFlight)
	f.duration("timeout", "must be above 0 and at most 1h, in seconds or as a Go duration, for example 30 or 30s",
		func(d time.Duration) bool { return d > 0 && d <= engine.LimitTimeout }, &o.timeout)
	f.duration("idle-timeout", "must be above 0 and at most 1h, in seconds or as a Go duration, for example 4 or 4s",
		func(d time.Duration) bool { return d > 0 && d <= engine.LimitIdleTimeout }, &o.idleTimeout)
	f.toggle("new-connections", &o.newConnections)
	f.toggle("insecure-skip-verify", &o.insecure)
	f.toggle("quiet", &o.quiet)
	f.delivery(&o.delivery)
	f.clusterFlags(&o.cluster)
}

// parseRun parses the flags and arguments of run; problems lists every invalid
// value.
func parseRun(args []string) (o runOptions, problems invalid.Values, help bool) {
	f := newFlagSet()
	var loaded loadFlags
	runFlags(f, &o, &loaded)
	arguments, understood, help := f.parse(args)
	if help {
		return o, nil, true
	}
	o.load = f.plan(loaded)
	if understood { // else an argument may be the value of an unknown flag
		o.target = parseTarget(arguments, &f.problems)
	}
	f.checkSending(&o, loaded.files()...)
	return o, f.problems, false
}

// checkSending refuses flags that contradict each other, and files that can't be
// written; inputs are the files that are read.
func (f *flagSet) checkSending(o *runOptions, inputs ...string) {
	if o.newConnections && f.given("idle-timeout") {
		f.refuse("idle-timeout", "has no effect with --new-connections, which keeps none: leave one of them out")
	}
	if o.insecure && o.target.scheme == "http" {
		f.problems.Add("--insecure-skip-verify", "", "needs TLS: write HOST as https://%s", o.target.host)
	}
	f.checkCluster(&o.cluster)
	checkOutputs(&f.problems, o.outputs()...)
	keep(&f.problems, append(inputs, o.cluster.options.Kubeconfig), o.outputs()...)
}

func runLoad(ctx context.Context, c console, args []string) error {
	o, problems, help := parseRun(args)
	if help {
		return write(c.stdout, runUsage())
	}
	o.target.check(ctx, o.timeout, &problems)
	var recorder *timeline.Recorder
	if len(problems) == 0 && ctx.Err() == nil {
		var err error
		if recorder, err = o.cluster.record(ctx); err != nil && ctx.Err() == nil {
			if o.cluster.mode == "on" {
				problems.Add("--cluster", "on", "%v; to run without an autoscaler, leave out --cluster and the flags that name it", err)
			} else if !o.quiet {
				fmt.Fprintf(c.stderr, "no replicas to show: %v\n", err)
			}
		}
	}
	if recorder != nil {
		defer recorder.Stop()
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w before the first request", ErrInterrupted)
	}
	if err := refuse("run", problems); err != nil {
		return err
	}

	outcome, err := o.send(ctx, c, clusterView{recorder})
	if err != nil {
		return err
	}
	var line *timeline.Timeline
	if recorder != nil {
		recorder.SetStart(outcome.StartedAt)
		recorded := recorder.Stop()
		line = &recorded
	}
	doc := result.New(outcome, o.plan(), line)
	return errors.Join(o.deliver(c, doc), o.verdict(doc))
}

func (o runOptions) plan() result.Plan {
	return result.Plan{
		Sequence: o.load.sequence, Seed: o.load.seed, MaxInFlight: o.maxInFlight, Timeout: o.timeout,
		IdleTimeout: o.idleTimeout, NewConnections: o.newConnections, InsecureSkipVerify: o.insecure,
	}
}

func (o runOptions) config() engine.Config {
	config := engine.Config{
		Target:         o.target.url(),
		Schedule:       o.load.arrivals,
		MaxInFlight:    o.maxInFlight,
		Timeout:        o.timeout,
		IdleTimeout:    o.idleTimeout,
		NewConnections: o.newConnections,
	}
	if o.insecure {
		config.TLS = &tls.Config{InsecureSkipVerify: true} // explicitly asked for
	}
	return config
}

// send performs the run and shows it on stderr while it lasts.
func (o runOptions) send(ctx context.Context, c console, cluster clusterView) (*measure.Result, error) {
	shown := o.display(c, cluster)
	stop := context.AfterFunc(ctx, func() { shown.interrupted(o.timeout) })
	defer func() {
		stop()
		shown.end()
	}()
	config := o.config()
	if !o.quiet {
		config.Observe, config.ObserveEvery = shown.look, shown.observeEvery()
	}
	return engine.Run(ctx, config)
}

// display chooses how to show the run: in place on a terminal, as lines
// elsewhere.
func (o runOptions) display(c console, cluster clusterView) display {
	if o.quiet {
		return silent{}
	}
	if _, terminal := terminalSize(c.stderr); !terminal || c.getenv("TERM") == "dumb" {
		return &progressLines{to: c.stderr, every: c.every, cluster: cluster}
	}
	return newLiveDisplay(c, live.State{
		Target:   "POST " + o.target.url(),
		Profile:  describeAll(o.load.sequence),
		Planned:  planned(o.load.sequence),
		Duration: o.load.sequence.Duration(),
	}, cluster)
}
