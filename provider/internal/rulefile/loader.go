// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
	"sigs.k8s.io/prometheus-adapter/pkg/config"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// loading is what the adapter's loader makes of a text.
type loading struct {
	config   *config.MetricsDiscoveryConfig // nil if it refuses the text
	refusals []refusal
}

// refusal is one reason why the adapter does not start with a text.
type refusal struct {
	line int // from 1; 0 if it is not known
	text string
}

func (r refusal) String() string {
	if r.line == 0 {
		return r.text
	}
	return fmt.Sprintf("line %d: %s", r.line, r.text)
}

func joinRefusals(list []refusal) error {
	if len(list) == 0 {
		return nil
	}
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = r.String()
	}
	return errors.New(strings.Join(texts, "; "))
}

// load reads the text with the adapter's own loader, which is strict: with an unknown key, or one that appears twice, the adapter does
// not start.
func (d *document) load() *loading {
	if d.loading == nil {
		cfg, err := config.FromYAML([]byte(d.text))
		d.loading = &loading{config: cfg, refusals: refusals(err)}
	}
	return d.loading
}

var (
	refusalLine  = regexp.MustCompile(`(?m)^\s*(?:.*yaml: )?line (\d+): (.*)$`)
	unknownField = regexp.MustCompile(`^field (.*) not found in type config\.(\w+)$`)
	fieldTwice   = regexp.MustCompile(`^(?:field (.*) already set in type .*|key "(.*)" already set in map)$`)
)

// refusals splits the loader's error into reasons, in terms of the text.
func refusals(err error) []refusal {
	if err == nil {
		return nil
	}
	var list []refusal
	for _, m := range refusalLine.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(m[1])
		text := m[2]
		if m := unknownField.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("the adapter does not know the key %q, but only %s", m[1], strings.Join(knownKeys(reflect.TypeFor[config.MetricsDiscoveryConfig](), m[2]), ", "))
		} else if m := fieldTwice.FindStringSubmatch(text); m != nil {
			text = fmt.Sprintf("the key %q appears twice; remove one", m[1]+m[2])
		}
		list = append(list, refusal{line: line, text: text})
	}
	if len(list) == 0 {
		list = []refusal{{text: err.Error()}}
	}
	return list
}

// knownKeys returns the keys of the mapping that a type of the adapter's configuration describes; root is where to look for the type.
func knownKeys(root reflect.Type, name string) []string {
	for root.Kind() == reflect.Slice || root.Kind() == reflect.Map || root.Kind() == reflect.Pointer {
		root = root.Elem()
	}
	if root.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for i := range root.NumField() {
		if root.Name() != name {
			if keys := knownKeys(root.Field(i).Type, name); keys != nil {
				return keys
			}
			continue
		}
		key, _, _ := strings.Cut(root.Field(i).Tag.Get("yaml"), ",")
		keys = append(keys, key)
	}
	return keys
}

// refused returns ErrRefused with the loader's reasons outside our rules. A damaged rule of ours does not count, because it is about
// to be rewritten or removed.
func (d *document) refused() error {
	list := slices.DeleteFunc(slices.Clone(d.load().refusals), func(r refusal) bool {
		for _, reg := range d.regions {
			if reg.item != nil && r.line > reg.begin && r.line <= reg.end+1 {
				return true
			}
		}
		return false
	})
	if len(list) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrRefused, joinRefusals(list))
}

// readItem returns a rule as the adapter reads it. If the adapter refuses the text, only the bad rules fail.
func (d *document) readItem(kind rule.Kind, index int) (rule.Rule, error) {
	loaded := d.load()
	if loaded.config != nil {
		list := loaded.config.Rules
		if kind == rule.KindExternal {
			list = loaded.config.ExternalRules
		}
		if index >= len(list) {
			return rule.Rule{}, errors.New("the adapter finds fewer rules than there are")
		}
		return rule.FromAdapter(list[index]), nil
	}
	sec := d.sections[kind]
	end := d.keyAfter(sec.key)
	if index+1 < len(sec.items) {
		end = sec.items[index+1].dash
	}
	var own []refusal
	for _, r := range loaded.refusals {
		if sec.alias == nil && r.line > sec.items[index].dash && r.line <= end {
			own = append(own, r)
		}
	}
	if err := joinRefusals(own); err != nil {
		return rule.Rule{}, err
	}
	var content any // resolves aliases, whose anchors may be elsewhere
	if err := sec.items[index].node.Decode(&content); err != nil {
		return rule.Rule{}, err
	}
	text, err := yaml.Marshal([]any{content})
	if err != nil {
		return rule.Rule{}, fmt.Errorf("cannot write it as YAML: %w", err)
	}
	return rule.Parse(string(text))
}

// readRegion returns one of our rules. Usually its lines are enough; an alias needs the rest of the text.
func (d *document) readRegion(reg region) (rule.Rule, error) {
	if found, err := rule.Parse(d.inner(reg)); err == nil {
		return found, nil
	}
	return d.readItem(reg.kind, d.places()[reg.item.node])
}
