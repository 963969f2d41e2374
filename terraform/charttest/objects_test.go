// SPDX-License-Identifier: Apache-2.0

package charttest

import "testing"

// pick returns the objects of a kind.
func pick(all []object, kind string) []object {
	var found []object
	for _, o := range all {
		if o.kind() == kind {
			found = append(found, o)
		}
	}
	return found
}

// only returns the object of a kind and name. There must be exactly one.
func only(t *testing.T, all []object, kind, name string) object {
	t.Helper()
	var found []object
	for _, o := range pick(all, kind) {
		if o.name() == name {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		var names []string
		for _, o := range pick(all, kind) {
			names = append(names, o.name())
		}
		t.Fatalf("there are %d objects %s %s, want one; the names are %q", len(found), kind, name, names)
	}
	return found[0]
}

// requireNone fails the test if there is an object of a kind.
func requireNone(t *testing.T, all []object, kind string) {
	t.Helper()
	for _, o := range pick(all, kind) {
		t.Errorf("there is a %s %s, want none", kind, o.name())
	}
}

func requireField(t *testing.T, o object, want any, path ...any) {
	t.Helper()
	if got := field(o, path...); got != want {
		t.Errorf("%s %s: %v is %v, want %v", o.kind(), o.name(), path, got, want)
	}
}
