// SPDX-License-Identifier: Apache-2.0

package clocks

import (
	"strings"
	"testing"
	"time"
)

func TestWithSync(t *testing.T) {
	const bare = "spec:\n  containers:\n  - command:\n    - kube-controller-manager\n    - --use-service-account-credentials=true\n"
	const set = "spec:\n  containers:\n  - command:\n    - kube-controller-manager\n    - --horizontal-pod-autoscaler-sync-period=15s\n    - --use-service-account-credentials=true\n"
	for _, c := range []struct{ name, manifest string }{
		{"not set before", bare},
		{"another period before", strings.Replace(set, "=15s", "=1.5s", 1)},
		{"the same period before", set},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := withSync(c.manifest, 15*time.Second)
			if err != nil || got != set {
				t.Errorf("error %v, manifest is\n%swant\n%s", err, got, set)
			}
		})
	}
	if _, err := withSync("spec: {}\n", time.Second); err == nil {
		t.Error("a manifest without the command was accepted")
	}
}
