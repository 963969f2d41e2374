// SPDX-License-Identifier: Apache-2.0

// Package rules reads the configuration of prometheus-adapter with that program's own
// packages, so that rules have the same meaning.
package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sort"

	"gopkg.in/yaml.v3"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Rule is one rule of a configuration.
type Rule struct {
	naming.MetricNamer
	Source config.DiscoveryRule
	Line   int // of the rule in the text, from 1

	// Missing is set while the kind that the rule is for is not installed. The rule
	// has no MetricNamer then.
	Missing error
}

// ErrKinds means that a text could not be checked, because the kinds of the cluster
// could not be discovered.
var ErrKinds = errors.New("the kinds of the cluster are not known")

// Set is a valid configuration.
type Set struct {
	Digest   string // SHA-256 of the text, in hexadecimal
	Custom   []Rule
	External []Rule
}

// Waiting returns an error for each rule whose kind is not installed.
func (s *Set) Waiting() (waiting []error) {
	for _, list := range [][]Rule{s.Custom, s.External} {
		for _, r := range list {
			if r.Missing != nil {
				waiting = append(waiting, fmt.Errorf("line %d: the rule for %q waits: %w", r.Line, r.Source.SeriesQuery, r.Missing))
			}
		}
	}
	return waiting
}

// AnyKind reports whether there is a rule whose labels may stand for any kind,
// including one that is not installed yet.
func (s *Set) AnyKind() bool {
	return slices.ContainsFunc(append(slices.Clone(s.Custom), s.External...), func(r Rule) bool { return r.Source.Resources.Template != "" })
}

// Digest returns the SHA-256 of a text, in hexadecimal.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Load reads a configuration. Its error has a line for each invalid rule, with the
// line in the text at which the rule begins. A rule for a kind that the mapper does
// not know is waiting, with Missing set. Load returns ErrKinds if the mapper fails.
func Load(text []byte, mapper meta.RESTMapper) (*Set, error) {
	configuration, err := config.FromYAML(text)
	if err != nil {
		return nil, err
	}
	if configuration.ResourceRules != nil {
		return nil, fmt.Errorf("line %d: resourceRules are not served here: kubectl top and autoscalers on CPU and memory need metrics-server, or a prometheus-adapter besides this adapter; remove the section", lineOf(text, "resourceRules", 0))
	}
	s := &Set{Digest: Digest(text)}
	var problems []error
	for key, list := range map[string]struct {
		from []config.DiscoveryRule
		to   *[]Rule
	}{"rules": {configuration.Rules, &s.Custom}, "externalRules": {configuration.ExternalRules, &s.External}} {
		for i, source := range list.from {
			r := Rule{Source: source, Line: lineOf(text, key, i)}
			if r.Missing, err = missing(source, mapper); err != nil {
				return nil, fmt.Errorf("line %d: %w", r.Line, err)
			}
			if r.Missing == nil {
				namers, err := naming.NamersFromConfig([]config.DiscoveryRule{source}, mapper)
				if err != nil {
					problems = append(problems, fmt.Errorf("line %d: %w", r.Line, err))
					continue
				}
				r.MetricNamer = namers[0]
			}
			*list.to = append(*list.to, r)
		}
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].Error() < problems[j].Error() })
	return s, errors.Join(problems...)
}

// missing returns an error for a kind that the rule names and that is not installed.
// It fails with ErrKinds if kinds cannot be discovered. All other mistakes in a rule
// are found when its namer is created.
func missing(rule config.DiscoveryRule, mapper meta.RESTMapper) (absent, err error) {
	for label, of := range rule.Resources.Overrides {
		if of.Resource == "" {
			continue // invalid, found when the namer is created
		}
		info := provider.CustomMetricInfo{GroupResource: schema.GroupResource{Group: of.Group, Resource: of.Resource}}
		_, _, err := info.Normalized(mapper)
		switch {
		case meta.IsNoMatchError(err):
			absent = fmt.Errorf("label %s: %w", label, err)
		case err != nil && !meta.IsAmbiguousError(err):
			return nil, fmt.Errorf("label %s: %w: %w", label, ErrKinds, err)
		}
	}
	return absent, nil
}

// lineOf returns the line at which entry i of a list begins, or the line of its key if
// there is no such entry. It returns 0 if the text lacks the key.
func lineOf(text []byte, key string, i int) int {
	var document yaml.Node
	if yaml.Unmarshal(text, &document) != nil || len(document.Content) == 0 {
		return 0
	}
	top := document.Content[0]
	for at := 0; at+1 < len(top.Content); at += 2 {
		if top.Content[at].Value != key {
			continue
		}
		if list := top.Content[at+1]; list.Kind == yaml.SequenceNode && i < len(list.Content) {
			return list.Content[i].Line
		}
		return top.Content[at].Line
	}
	return 0
}
