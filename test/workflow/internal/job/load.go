// SPDX-License-Identifier: Apache-2.0

// Package job reads one job of a GitHub workflow and runs its run steps on this
// machine. It supports as much of the format as this project's workflow needs, and
// refuses the rest: ignoring a part would make the result worthless. The format is
// described at
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
package job

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// document is a workflow. Fields that are read but not used mean nothing on this
// machine.
type document struct {
	Name        string
	On          any
	Permissions any
	Concurrency any
	Env         map[string]string
	Jobs        map[string]specification
}

type specification struct {
	Name           string
	RunsOn         string `yaml:"runs-on"`
	TimeoutMinutes int    `yaml:"timeout-minutes"`
	Strategy       struct {
		FailFast bool `yaml:"fail-fast"`
		Matrix   map[string][]string
	}
	Env   map[string]string
	Steps []step
}

type step struct {
	Name string
	If   string
	Uses string
	With map[string]string
	Run  string
	Env  map[string]string
}

// title returns the step's name in the output.
func (s step) title() string {
	if s.Name != "" {
		return s.Name
	}
	first, _, _ := strings.Cut(s.Uses+s.Run, "\n")
	return first
}

// Job is one job of a workflow, with values chosen for its matrix.
type Job struct {
	name   string
	matrix map[string]string
	env    []map[string]string // the workflow's, then the job's
	steps  []step
}

// Load reads the job of that name from the workflow in the file. The matrix must have
// a value for each key for which the job has several. The error names what the file
// uses and this package does not support.
func Load(file, name string, matrix map[string]string) (*Job, error) {
	data, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the workflow: %w", err)
	}
	defer data.Close()
	decoder := yaml.NewDecoder(data)
	decoder.KnownFields(true)
	var d document
	if err := decoder.Decode(&d); err != nil {
		return nil, fmt.Errorf("reading the workflow %s, of which some fields are not supported here: %w", file, err)
	}
	spec, ok := d.Jobs[name]
	if !ok {
		return nil, fmt.Errorf("job %q: %s has %s", name, file, strings.Join(slices.Sorted(maps.Keys(d.Jobs)), ", "))
	}
	j := &Job{name: name, env: []map[string]string{d.Env, spec.Env}, steps: spec.Steps}
	if j.matrix, err = choose(spec.Strategy.Matrix, matrix); err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	if err := j.check(); err != nil {
		return nil, fmt.Errorf("job %s: %w", name, err)
	}
	return j, nil
}

// choose returns one value for each key of the matrix.
func choose(has map[string][]string, chosen map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(has)) {
		value, ok := chosen[key]
		switch {
		case ok && slices.Contains(has[key], value):
			values[key] = value
		case !ok && len(has[key]) == 1:
			values[key] = has[key][0]
		default:
			return nil, fmt.Errorf("-matrix %s=%s: use one of %s", key, value, strings.Join(has[key], ", "))
		}
	}
	for key := range chosen {
		if _, ok := has[key]; !ok {
			return nil, fmt.Errorf("-matrix %s: its matrix has no such key, only %q", key, slices.Sorted(maps.Keys(has)))
		}
	}
	return values, nil
}

// check finds what cannot be run, before any step runs.
func (j *Job) check() error {
	var problems []error
	look := func(text string) {
		_, err := j.expand(text, "")
		problems = append(problems, err)
	}
	for _, env := range j.env {
		for _, value := range env {
			look(value)
		}
	}
	for _, s := range j.steps {
		if (s.Uses == "") == (s.Run == "") {
			problems = append(problems, fmt.Errorf("step %q: it must have either uses or run", s.title()))
		}
		look(s.Name)
		look(s.Run)
		for _, value := range s.Env {
			look(value)
		}
		for _, value := range s.With {
			look(value)
		}
		_, err := due(s.If, false)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
