// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/job"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// runCluster collects the result of a load that pods send, or runs as one of
// these pods.
func runCluster(ctx context.Context, c console, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "results":
			return clusterResults(ctx, c, args[1:])
		case "worker":
			return clusterWorker(ctx, c, args[1:])
		case "-h", "-help", "--help":
			return write(c.stdout, clusterUsage())
		}
	}
	var problems invalid.Values
	problems.Add("cluster", first(args), "must be followed by results, or in a pod by worker")
	return refuse("cluster", problems)
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// clusterResults waits for the end of a load and delivers the results of all
// its pods as one.
func clusterResults(ctx context.Context, c console, args []string) error {
	f := newFlagSet()
	var (
		where   timeline.Options
		deliver delivery
		quiet   bool
	)
	f.kubeconfig(&where)
	f.delivery(&deliver)
	f.toggle("quiet", &quiet)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, clusterUsage())
	}
	if understood && len(arguments) > 1 {
		for _, extra := range arguments[1:] {
			f.problems.Add("argument", extra, "is one too many after NAME")
		}
	}
	checkOutputs(&f.problems, deliver.outputs()...)
	keep(&f.problems, []string{where.Kubeconfig}, deliver.outputs()...)
	client, namespace, err := timeline.Connect(where)
	if err != nil {
		f.problems.Add("--kubeconfig", where.Kubeconfig, "%v; give a kubeconfig that kubectl works with", err)
	}
	if err := refuse("cluster", f.problems); err != nil {
		return err
	}

	if where.Namespace != "" {
		namespace = where.Namespace
	}
	options := job.Options{Client: client, Namespace: namespace, Name: first(arguments)}
	if !quiet {
		options.Waiting = waiting(c)
	}
	collected, err := job.Collect(ctx, options)
	if ctx.Err() != nil {
		return fmt.Errorf("%w: the load goes on, its results can be read later", ErrInterrupted)
	}
	if err != nil {
		return err
	}
	doc, err := collected.Merge()
	if err != nil {
		return err
	}
	// A missing result makes the sum wrong, whatever else is tolerated.
	return errors.Join(deliver.deliver(c, doc), collected.Err(), deliver.verdict(doc))
}

// waiting writes the status of the load when it changes, and at least every
// waitingEvery.
func waiting(c console) func(job.Status) {
	var (
		last    job.Status
		written time.Time
	)
	return func(now job.Status) {
		if now == last && time.Since(written) < waitingEvery {
			return
		}
		last, written = now, time.Now()
		fmt.Fprintf(c.stderr, "%s: %d of %d pods running, waiting for the end\n", now.Job, now.Running, now.Pods)
	}
}

const (
	waitingEvery       = 30 * time.Second
	defaultMeetTimeout = 2 * time.Minute
)

// clusterWorker sends the share of one pod.
func clusterWorker(ctx context.Context, c console, args []string) error {
	f := newFlagSet()
	share := job.Share{
		Pods: 1, Index: -1, MaxInFlight: engine.DefaultMaxInFlight,
		Timeout: engine.DefaultTimeout, MeetTimeout: defaultMeetTimeout,
	}
	var profile string
	f.text("target", "must be the URL requests are sent to, for example http://nginx.ingress.svc/heavywork", &share.Target)
	f.text("profile", "must be a profile, for example constant:rate=20,duration=60", &profile)
	f.seed(&share.Seed)
	f.integer("pods", 1, job.MaxPods, 2, &share.Pods)
	f.integer("index", 0, job.MaxPods-1, 0, &share.Index)
	f.integer("max-in-flight", 1, engine.LimitMaxInFlight, engine.DefaultMaxInFlight, &share.MaxInFlight)
	f.duration("timeout", "must be seconds or a Go duration, for example 30 or 30s", nil, &share.Timeout)
	f.text("meet", "must be host and port of the first pod, for example load-1.app.svc:7070", &share.Meet)
	f.duration("meet-timeout", "must be seconds or a Go duration, for example 120 or 2m", nil, &share.MeetTimeout)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, clusterUsage())
	}
	if understood {
		for _, extra := range arguments {
			f.problems.Add("argument", extra, "is one too many: a worker takes flags alone")
		}
	}
	if index, err := strconv.Atoi(c.getenv(job.IndexVariable)); err == nil && !f.given("index") {
		share.Index = index
	}
	sequence, err := (schedule.Parser{NoFiles: true}).Parse(profile)
	if err != nil {
		f.problems = append(f.problems, f.named(err)...)
	} else {
		share.Load = sequence
		var refused invalid.Values
		if err := share.Validate(); errors.As(err, &refused) {
			for _, p := range refused {
				p.Name = dashed(p.Name)
				f.problems = append(f.problems, p)
			}
		}
	}
	if err := refuse("cluster", f.problems); err != nil {
		return err
	}
	return job.Work(ctx, share, c.stdout, c.stderr)
}
