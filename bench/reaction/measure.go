// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/clocks"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
)

type options struct {
	rounds int
	costs  bool
	keep   bool
	log    io.Writer
}

// seed of the phases and of the arrivals.
const seed = 1

// restoring is how long it may take to restore the clocks after an interrupt.
const restoring = 4 * time.Minute

// bench is one run.
type bench struct {
	*arena.Arena
	node    clocks.Node
	watched map[string]*watched
	log     io.Writer
	wanted  int // by the autoscaler, in the last step with ours; the floor asks for as many
}

// measure brings the applications up, measures, and leaves the cluster as it was.
func measure(ctx context.Context, o options) (r *results, err error) {
	began := time.Now()
	root, err := environment.Root(".")
	if err != nil {
		return nil, err
	}
	tool := environment.Tool{Root: root, Environ: os.Environ(), Log: o.log}
	env, err := tool.Describe(ctx)
	if err != nil {
		return nil, err
	}
	a, err := arena.Open(ctx, root, env, o.log)
	if err != nil {
		return nil, err
	}
	b := &bench{Arena: a, log: o.log, watched: map[string]*watched{}, wanted: arena.MaxReplicas,
		node: clocks.Node{Client: a.Client, Node: node.Node{Engine: env.Engine, Name: env.Node}}}
	b.say("creating %d applications", len(apps))
	if !o.keep {
		defer func() { err = errors.Join(err, a.Destroy(ctx)) }()
	}
	if err := a.Build(ctx, apps); err != nil {
		return nil, err
	}
	if err := b.startPlainly(ctx); err != nil {
		return nil, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoring)
		defer cancel()
		err = errors.Join(err, b.set(ctx, clock{env.HPASyncPeriod(), a.Relist}))
	}()
	stop, err := b.watch(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()

	r = &results{Machine: figures.ThisMachine(), Rounds: o.rounds}
	version, err := a.Client.Discovery().ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of Kubernetes: %w", err)
	}
	r.Cluster = version.GitVersion
	defer func() { r.Minutes = time.Since(began).Minutes() }()
	for _, block := range plan(o.rounds, seed) {
		if err := b.set(ctx, block.Clock); err != nil {
			return r, err
		}
		for _, t := range block.Tasks {
			s, err := b.step(ctx, t)
			if err != nil {
				return r, fmt.Errorf("round %d, %s: %w", t.Round+1, t.Setting, err)
			}
			b.say("round %d  %-12s %5.2f s  %d wanted first  %.2f", t.Round+1, t.Setting, s.total(), s.Wanted, s.Since)
			r.Steps = append(r.Steps, s)
		}
	}
	if o.costs {
		if r.Costs, err = b.measureCosts(ctx); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.log, time.Now().Format(time.TimeOnly)+"  "+format+"\n", args...)
}

// set changes the cluster's clocks and returns when they are in effect.
func (b *bench) set(ctx context.Context, c clock) error {
	b.say("autoscaler syncs every %s, adapter lists every %s", c.Sync, c.Relist)
	return errors.Join(b.node.SetSync(ctx, c.Sync), b.node.SetRelist(ctx, c.Relist))
}

// startPlainly removes what the chart does for a quick start.
func (b *bench) startPlainly(ctx context.Context) error {
	for _, app := range plainStarts {
		_, err := b.Client.AppsV1().Deployments(arena.Namespace(app)).Patch(ctx, arena.Deployment, types.JSONPatchType,
			[]byte(`[{"op":"replace","path":"/spec/template/spec/containers/0/readinessProbe/periodSeconds","value":10},{"op":"remove","path":"/spec/template/spec/containers/0/lifecycle"}]`), metav1.PatchOptions{})
		if err != nil {
			return fmt.Errorf("changing how pods of %s start: %w", app, err)
		}
	}
	return nil
}
