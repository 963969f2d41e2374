// SPDX-License-Identifier: Apache-2.0

// Package job sends one load from several pods of a cluster, and collects their
// results.
//
// The chart in loadgen/chart makes an Indexed Job, each of whose N pods calls
// [Work] with its index. A pod sends its own Poisson process of 1/N of the rate,
// from a seed of its own; together they are a Poisson process of the full rate
// (see schedule.Sequence.Scale). All of them start at the same moment, which
// they agree on once the last one has connected, so that together they are one
// run.
//
// Pods have no access to the Kubernetes API and no storage: each writes its
// result to its log, with length and digest. [Collect] reads the logs through
// the API and says whose result is missing; [Collection.Merge] adds them up
// exactly.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// Limits of a [Share].
const (
	MaxPods = 100
	// MaxDuration bounds the seconds in a result, so that a log can hold it.
	MaxDuration = 30 * time.Minute
)

// IndexVariable is the environment variable in which Kubernetes tells a pod of
// an Indexed Job its index.
const IndexVariable = "JOB_COMPLETION_INDEX"

// reachable is how long the target may take to accept a first connection.
const reachable = 10 * time.Second

// reportEvery is how often a pod logs its progress.
const reportEvery = 10 * time.Second

// Share is what one pod has to do. Everything but Index is the same for all.
type Share struct {
	Target      string            // URL
	Load        schedule.Sequence // of all pods together
	Seed        uint64
	Pods        int // that share the load, 1 to MaxPods
	Index       int // of this one, from 0
	MaxInFlight int // of this pod
	Timeout     time.Duration
	Meet        string        // host and port of the pod with index 0; unused by a single pod
	MeetTimeout time.Duration // for all pods to connect
}

// Validate returns one error that lists every value out of range.
func (s Share) Validate() error {
	var problems invalid.Values
	if s.Pods < 1 || s.Pods > MaxPods {
		problems.Add("pods", strconv.Itoa(s.Pods), "must be from 1 to %d, for example 3", MaxPods)
	} else if s.Index < 0 || s.Index >= s.Pods {
		problems.Add("index", strconv.Itoa(s.Index), "must be from 0 to %d, one for each of the pods; an Indexed Job sets it as %s", s.Pods-1, IndexVariable)
	}
	if d := s.Load.Duration(); d > MaxDuration {
		problems.Add("profile", s.Load.String(), "lasts %s, and a pod's log holds the result of %s at most: make it shorter", d, MaxDuration)
	}
	if s.Pods > 1 {
		if _, port, err := net.SplitHostPort(s.Meet); err != nil || port == "" {
			problems.Add("meet", s.Meet, "must be host and port of the first pod, for example load-1.app.svc:7070")
		}
		if s.MeetTimeout <= 0 {
			problems.Add("meet-timeout", s.MeetTimeout.String(), "must be above 0, for example 2m")
		}
	}
	if err := s.config(nil).Validate(); err != nil {
		var list invalid.Values
		if !errors.As(err, &list) {
			return err
		}
		for _, p := range list {
			if p.Name != "schedule" { // made below
				problems = append(problems, p)
			}
		}
	}
	return problems.Err()
}

func (s Share) config(arrivals engine.Schedule) engine.Config {
	return engine.Config{Target: s.Target, Schedule: arrivals, MaxInFlight: s.MaxInFlight, Timeout: s.Timeout}
}

// Work sends the share of one pod and writes its result to stdout, for Collect.
// Progress goes to stderr. Failed requests are not an error: they are in the
// result. If ctx ends, the load ends early, and the result is still written.
func Work(ctx context.Context, s Share, stdout, stderr io.Writer) error {
	if err := s.Validate(); err != nil {
		return err
	}
	load := s.Load.Scale(1 / float64(s.Pods))
	seed := schedule.PartSeed(s.Seed, s.Index)
	arrivals, err := schedule.NewPoisson(load, load.Duration(), seed)
	if err != nil {
		return err
	}
	if err := engine.CheckReachable(ctx, s.Target, reachable); err != nil {
		return fmt.Errorf("target %q: %w", s.Target, err)
	}
	start, err := s.come(ctx, stderr)
	if err != nil {
		return err
	}

	config := s.config(arrivals)
	config.ObserveEvery = reportEvery
	config.Observe = func(now engine.Progress) {
		fmt.Fprintf(stderr, "%.0f of %.0f s: %d sent, %d answered with success, %d failed, %d dropped\n",
			now.Elapsed.Seconds(), now.Duration.Seconds(), now.Sent, now.Succeeded, now.Failed, now.Dropped)
	}
	select {
	case <-time.After(time.Until(start.here)):
	case <-ctx.Done():
		return fmt.Errorf("before the start: %w", context.Cause(ctx))
	}
	sent, err := engine.Run(ctx, config)
	if err != nil {
		return err
	}
	sent.StartedAt = start.agreed // the same in all results: they are parts of one run
	document := result.New(sent, result.Plan{Sequence: load, Seed: seed, MaxInFlight: s.MaxInFlight, Timeout: s.Timeout}, nil)
	text, err := json.Marshal(document)
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if err := seal(stdout, s.Index, text); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return nil
}

// come waits for the other pods.
func (s Share) come(ctx context.Context, stderr io.Writer) (moment, error) {
	if s.Pods > 1 {
		fmt.Fprintf(stderr, "pod %d of %d: waiting for the others\n", s.Index, s.Pods)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.MeetTimeout, fmt.Errorf("not all %d pods connected within %s", s.Pods, s.MeetTimeout))
		defer cancel()
	}
	start, err := meet(ctx, s.Meet, s.Index, s.Pods)
	if err != nil {
		return moment{}, err
	}
	fmt.Fprintf(stderr, "pod %d of %d: sending to %s\n", s.Index, s.Pods, s.Target)
	return start, nil
}
