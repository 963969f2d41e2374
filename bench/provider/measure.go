// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// Options say what to measure.
type Options struct {
	ProviderDir  string
	Sizes        []int // numbers of rules without an adapter
	AdapterSizes []int // numbers of rules with one
	Repeat       int   // runs of each size
	Log          io.Writer
}

// What a size is measured with.
const (
	SubjectRules    = "rules"          // promadapter_rule, in a config map that no adapter reads
	SubjectAdapter  = "adapter"        // promadapter_rule, rolled and awaited with the real adapter
	SubjectBaseline = "terraform_data" // as many built-in resources, which do nothing: the time that Terraform itself takes
)

// Results is what a benchmark found.
type Results struct {
	StartedAt time.Time `json:"started_at"`
	Terraform string    `json:"terraform"`
	Machine   string    `json:"machine"`
	Repeat    int       `json:"repeat"`
	Rows      []Row     `json:"rows"`
}

// Row is one subject at one size. All times are medians, in seconds.
type Row struct {
	Subject  string  `json:"subject"`
	Size     int     `json:"size"`
	Plan     float64 `json:"plan_seconds"`       // of resources to be created
	Apply    float64 `json:"apply_seconds"`      // of the same, including its plan
	Empty    float64 `json:"empty_plan_seconds"` // when nothing has changed: everything is read and compared
	Destroy  float64 `json:"destroy_seconds"`    // including its plan
	Rollouts int64   `json:"rollouts"`           // of the adapter in one apply, the maximum of all runs
}

// passage is one run of all steps.
type passage struct {
	plan, apply, empty, destroy time.Duration
	rollouts                    int64
}

// Measure alternates between the subjects of one size, so that other work on the machine affects all of them.
func Measure(ctx context.Context, o Options) (results *Results, err error) {
	temp, err := os.MkdirTemp("", "promadapter-bench-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for configurations: %w", err)
	}
	defer os.RemoveAll(temp)
	terraform, err := tfdev.New(ctx, o.ProviderDir, temp)
	if err != nil {
		return nil, err
	}
	cluster, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cluster.close(context.WithoutCancel(ctx))) }()
	version, err := terraform.Version(ctx)
	if err != nil {
		return nil, err
	}
	results = &Results{
		StartedAt: time.Now().UTC().Truncate(time.Second), Terraform: version, Repeat: o.Repeat,
		Machine: figures.Platform(),
	}

	sizes := slices.Concat(o.Sizes, o.AdapterSizes)
	slices.Sort(sizes)
	for _, size := range slices.Compact(sizes) {
		subjects := []string{SubjectBaseline}
		if slices.Contains(o.Sizes, size) {
			subjects = append(subjects, SubjectRules)
		}
		if slices.Contains(o.AdapterSizes, size) {
			subjects = append(subjects, SubjectAdapter)
		}
		passages := map[string][]passage{}
		for i := range o.Repeat {
			for _, subject := range subjects {
				fmt.Fprintf(o.Log, "%s, %d, run %d of %d\n", subject, size, i+1, o.Repeat)
				p, err := pass(ctx, terraform, cluster, filepath.Join(temp, fmt.Sprintf("%s-%d-%d", subject, size, i)), subject, size)
				if err != nil {
					return nil, fmt.Errorf("%s with %d resources: %w", subject, size, err)
				}
				passages[subject] = append(passages[subject], p)
			}
		}
		for _, subject := range subjects {
			results.Rows = append(results.Rows, summary(subject, size, passages[subject]))
		}
	}
	return results, nil
}

// pass runs all steps once. What it has created is destroyed even if a step fails.
func pass(ctx context.Context, terraform *tfdev.Terraform, cluster *cluster, dir, subject string, size int) (p passage, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return p, fmt.Errorf("making a folder for a configuration: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(configuration(subject, size, cluster.namespace)), 0o600); err != nil {
		return p, fmt.Errorf("writing a configuration: %w", err)
	}
	timed := func(ctx context.Context, args ...string) (time.Duration, error) {
		began := time.Now()
		_, err := terraform.Run(ctx, dir, append(args, "-no-color")...)
		return time.Since(began), err
	}
	if p.plan, err = timed(ctx, "plan"); err != nil {
		return p, err
	}
	before, err := cluster.rollouts(ctx)
	if err != nil {
		return p, err
	}
	defer func() {
		var more error
		p.destroy, more = timed(context.WithoutCancel(ctx), "destroy", "-auto-approve")
		err = errors.Join(err, more, cluster.settled(context.WithoutCancel(ctx)))
	}()
	if p.apply, err = timed(ctx, "apply", "-auto-approve"); err != nil {
		return p, err
	}
	after, err := cluster.rollouts(ctx)
	if err != nil {
		return p, err
	}
	p.rollouts = after - before
	p.empty, err = timed(ctx, "plan", "-detailed-exitcode") // fails if there is a change
	return p, err
}

// summary returns the medians of several passages.
func summary(subject string, size int, passages []passage) Row {
	median := func(pick func(passage) time.Duration) float64 {
		var all []float64
		for _, p := range passages {
			all = append(all, pick(p).Seconds())
		}
		return math.Round(figures.Median(all)*1000) / 1000
	}
	row := Row{
		Subject: subject, Size: size,
		Plan:    median(func(p passage) time.Duration { return p.plan }),
		Apply:   median(func(p passage) time.Duration { return p.apply }),
		Empty:   median(func(p passage) time.Duration { return p.empty }),
		Destroy: median(func(p passage) time.Duration { return p.destroy }),
	}
	for _, p := range passages {
		row.Rollouts = max(row.Rollouts, p.rollouts)
	}
	return row
}
