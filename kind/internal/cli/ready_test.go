// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"testing"
)

// Workloads of others may be broken, or about to be deleted.
func TestOnlyOwnWorkloadsAreAwaited(t *testing.T) {
	const listed = `{"items": [
		{"kind": "Deployment", "metadata": {"namespace": "app", "name": "heavywork"}},
		{"kind": "Deployment", "metadata": {"namespace": "theirs", "name": "broken"}},
		{"kind": "DaemonSet", "metadata": {"namespace": "kube-system", "name": "kube-proxy"}}
	]}`
	workloads, err := workloadsIn([]string{"app", "kube-system"}, listed)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range workloads {
		got = append(got, w.Kind+" "+w.Metadata.Namespace+"/"+w.Metadata.Name)
	}
	if want := []string{"Deployment app/heavywork", "DaemonSet kube-system/kube-proxy"}; !slices.Equal(got, want) {
		t.Errorf("%q are awaited, want %q", got, want)
	}
}
