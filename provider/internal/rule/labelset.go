// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
)

// labelSet says which labels the samples of an expression can have, and which of them every sample has. It follows the rules by
// which Prometheus's engine makes the labels of a result, and errs on the side of "can have".
type labelSet struct {
	open  bool            // the samples can have every label except those in names; otherwise only those in names
	names map[string]bool //
	must  map[string]bool // labels that no sample lacks
	empty string          // why there can be no sample at all, if so
}

func anyLabels() labelSet { return labelSet{open: true} }
func noLabels() labelSet  { return labelSet{} }

func (s labelSet) can(label string) bool { return s.open != s.names[label] }

// only keeps some labels, as by and on do.
func (s labelSet) only(names []string) labelSet {
	out := labelSet{names: map[string]bool{}, must: map[string]bool{}, empty: s.empty}
	for _, name := range names {
		if s.can(name) {
			out.names[name] = true
		}
		if s.must[name] {
			out.must[name] = true
		}
	}
	return out
}

// without drops some labels, as without and ignoring do.
func (s labelSet) without(names ...string) labelSet {
	out := labelSet{open: s.open, names: cloneSet(s.names), must: cloneSet(s.must), empty: s.empty}
	for _, name := range names {
		delete(out.must, name)
		if s.open {
			out.names[name] = true
		} else {
			delete(out.names, name)
		}
	}
	return out
}

// with adds labels that a sample can have.
func (s labelSet) with(names ...string) labelSet {
	out := s.without(names...)
	for _, name := range names {
		if s.open {
			delete(out.names, name)
		} else {
			out.names[name] = true
		}
	}
	return out
}

// or describes the samples of both sets together.
func (s labelSet) or(other labelSet) labelSet {
	switch {
	case s.empty != "":
		return other
	case other.empty != "":
		return s
	case !s.open && other.open:
		return other.or(s)
	}
	out := labelSet{open: s.open, names: cloneSet(s.names), must: map[string]bool{}}
	for name := range s.must {
		if other.must[name] {
			out.must[name] = true
		}
	}
	if s.open { // what the other can have is no longer an exception
		maps.DeleteFunc(out.names, func(name string, _ bool) bool { return other.can(name) })
		return out
	}
	maps.Copy(out.names, other.names)
	return out
}

func cloneSet(set map[string]bool) map[string]bool {
	out := make(map[string]bool, len(set))
	maps.Copy(out, set)
	return out
}
