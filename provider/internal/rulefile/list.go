// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"sync"

	"gopkg.in/yaml.v3"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// KindResource is the kind of the two queries for CPU and memory under resourceRules. They are listed and never written.
const KindResource rule.Kind = "resource"

// Listed is one rule of a text, ours or somebody else's.
type Listed struct {
	Kind  rule.Kind
	Index int       // within the list of its kind, from 0
	Name  string    // of one of ours, empty for a foreign rule; "cpu" or "memory" for KindResource
	Line  int       // on which it begins, from 1
	Rule  rule.Rule // for KindResource only MetricsQuery is set, to containerQuery
	Err   error     // why the adapter cannot read it, if so; there is no Rule then
}

// Ours reports whether the rule is between our markers.
func (l Listed) Ours() bool { return l.Name != "" && l.Kind != KindResource }

// File is a parsed text that can be queried several times. It is safe for use by several goroutines.
type File struct {
	doc    *document
	listed []Listed
}

// Parse reads a text. It fails with ErrShape or ErrMarkers.
func Parse(text string) (*File, error) {
	doc, err := parse(text)
	if err != nil {
		return nil, err
	}
	doc.load() // now, because later there may be several goroutines
	return &File{doc: doc, listed: doc.list()}, nil
}

// List returns every rule in the order of the lists: custom, external, resource. The caller must not change it.
func (f *File) List() []Listed { return f.listed }

// Refused returns ErrRefused with the reasons why the adapter does not start with the text, other than those in our rules: an edit
// would fail with it. It is nil for a text that the adapter accepts.
func (f *File) Refused() error { return f.doc.refused() }

// Get returns the rule of that name as it is in the text, including changes made by hand. It fails with ErrNotFound, and with
// ErrUnreadable (and an Entry without a rule) when the lines between the markers are no longer one rule.
func (f *File) Get(name string) (Entry, error) { return f.doc.get(name) }

// Cache remembers the last text that was parsed, because many rules are looked up in the same text. The zero value is ready, and
// it is safe for use by several goroutines.
type Cache struct {
	mu   sync.Mutex
	text string
	file *File
	err  error
}

// Parse is the package's Parse.
func (c *Cache) Parse(text string) (*File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.file == nil && c.err == nil || c.text != text {
		c.text = text
		c.file, c.err = Parse(text)
	}
	return c.file, c.err
}

func (d *document) list() []Listed {
	names := make(map[*yaml.Node]string, len(d.regions))
	for name, reg := range d.regions {
		if reg.item != nil {
			names[reg.item.node] = name
		}
	}
	var all []Listed
	for _, kind := range kinds {
		for i, it := range d.sections[kind].items {
			l := Listed{Kind: kind, Index: i, Name: names[it.node], Line: it.dash + 1}
			l.Rule, l.Err = d.readItem(kind, i)
			all = append(all, l)
		}
	}
	return append(all, d.listResources()...)
}

func (d *document) listResources() []Listed {
	var all []Listed
	for i := 0; d.root != nil && i+1 < len(d.root.Content); i += 2 {
		if d.root.Content[i].Value != "resourceRules" || d.root.Content[i+1].Kind != yaml.MappingNode {
			continue
		}
		section := d.root.Content[i+1]
		for j := 0; j+1 < len(section.Content); j += 2 {
			key := section.Content[j]
			if key.Value != "cpu" && key.Value != "memory" {
				continue
			}
			l := Listed{Kind: KindResource, Index: len(all), Name: key.Value, Line: key.Line}
			var content struct {
				ContainerQuery string `yaml:"containerQuery"`
			}
			if err := section.Content[j+1].Decode(&content); err != nil {
				l.Err = err
			}
			l.Rule.MetricsQuery = content.ContainerQuery
			all = append(all, l)
		}
	}
	return all
}
