// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"fmt"
	"slices"
	"testing"
)

func TestSetsOfPermissions(t *testing.T) {
	all := Each([]string{"get", "list"}, "apps", []string{"deployments"}, "a")
	for _, c := range []struct {
		name      string
		got, want []Permission
	}{
		{"each", all, []Permission{{"get", "apps", "deployments", "a"}, {"list", "apps", "deployments", "a"}}},
		{"without", Without(all, all[:1]), all[1:]},
		{"moved", Moved(append(all[:1:1], Of("get", "", "pods", "other")), "a", "b"), []Permission{{"get", "apps", "deployments", "b"}, {"get", "", "pods", "other"}}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if got, want := fmt.Sprint(all[0], Of("get", "", "/metrics", "")), "get deployments.apps in a get /metrics"; got != want {
		t.Errorf("permissions read %q, want %q", got, want)
	}
}
