// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// verify checks that a text is this one with the changes, keyed by the rules' names, and nothing else.
func (d *document) verify(changes map[string]Change, text string) error {
	after, err := parse(text)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(d.otherKeys(), after.otherKeys(), sameNodes) {
		return errors.New("other keys would change")
	}
	for _, kind := range kinds {
		if !slices.EqualFunc(d.foreign(kind), after.foreign(kind), sameNodes) {
			return fmt.Errorf("other rules under %s would change", kind.Section())
		}
	}
	if err := d.verifyOurs(changes, after); err != nil {
		return err
	}
	return d.verifyLoader(changes, after)
}

// verifyOurs checks that the changed rules are as they should be and that our other rules are as they were.
func (d *document) verifyOurs(changes map[string]Change, after *document) error {
	for name, was := range d.regions {
		is := after.regions[name]
		if _, changed := changes[name]; !changed && (was.kind != is.kind || d.inner(was) != after.inner(is)) {
			return fmt.Errorf("rule %q would change", name)
		}
	}
	for _, c := range changes {
		reg, ok := after.regions[c.Name]
		switch {
		case c.Op == Delete && ok:
			return errors.New("the rule would still be there")
		case c.Op == Delete:
			continue
		case !ok || reg.item == nil || reg.kind != c.Kind:
			return errors.New("the rule would not be in the list")
		}
		if got, err := rule.Parse(after.inner(reg)); err != nil || !got.Equal(c.Rule) {
			return fmt.Errorf("the rule would read differently: %v", err)
		}
	}
	return nil
}

// verifyLoader reads the result with the adapter's own loader: what was not changed must load as before. A text that the loader refused
// before, because of damaged rules of ours, may still be refused as long as other damaged rules remain.
func (d *document) verifyLoader(changes map[string]Change, after *document) error {
	was, is := d.load().config, after.load().config
	if is == nil {
		if was == nil {
			return nil
		}
		return fmt.Errorf("the adapter would not start: %w", joinRefusals(after.load().refusals))
	}
	places := after.places()
	for _, c := range changes {
		if c.Op == Delete {
			continue
		}
		found, err := after.readItem(c.Kind, places[after.regions[c.Name].item.node])
		if err != nil || !found.Equal(c.Rule) {
			return errors.New("the adapter would read the rule differently")
		}
	}
	if was != nil && (!reflect.DeepEqual(was.ResourceRules, is.ResourceRules) ||
		!reflect.DeepEqual(d.unchanged(was.Rules, rule.KindCustom, changes), after.unchanged(is.Rules, rule.KindCustom, changes)) ||
		!reflect.DeepEqual(d.unchanged(was.ExternalRules, rule.KindExternal, changes), after.unchanged(is.ExternalRules, rule.KindExternal, changes))) {
		return errors.New("the adapter would read other rules differently")
	}
	return nil
}

// unchanged returns the rules of a list, as the loader has them, without those that changes are about.
func (d *document) unchanged(list []config.DiscoveryRule, kind rule.Kind, changes map[string]Change) []config.DiscoveryRule {
	skip := map[int]bool{}
	places := d.places()
	for name := range changes {
		if reg, ok := d.regions[name]; ok && reg.item != nil && reg.kind == kind {
			skip[places[reg.item.node]] = true
		}
	}
	kept := []config.DiscoveryRule{}
	for i, r := range list {
		if !skip[i] {
			kept = append(kept, r)
		}
	}
	return kept
}

// places returns the index of each rule in its list.
func (d *document) places() map[*yaml.Node]int {
	at := map[*yaml.Node]int{}
	for _, kind := range kinds {
		for i, it := range d.sections[kind].items {
			at[it.node] = i
		}
	}
	return at
}

// otherKeys returns keys and values of the root that are not lists of rules.
func (d *document) otherKeys() []*yaml.Node {
	if d.root == nil {
		return nil
	}
	var nodes []*yaml.Node
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		key := d.root.Content[i]
		if !slices.ContainsFunc(kinds, func(k rule.Kind) bool { return k.Section() == key.Value }) {
			nodes = append(nodes, key, d.root.Content[i+1])
		}
	}
	return nodes
}

// foreign returns the rules of a list that are not ours.
func (d *document) foreign(kind rule.Kind) []*yaml.Node {
	ours := make(map[*yaml.Node]bool, len(d.regions))
	for _, reg := range d.regions {
		if reg.item != nil {
			ours[reg.item.node] = true
		}
	}
	var nodes []*yaml.Node
	for _, it := range d.sections[kind].items {
		if !ours[it.node] {
			nodes = append(nodes, it.node)
		}
	}
	return nodes
}
