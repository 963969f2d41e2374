// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// Without an API server nothing changes any more: what serves goes on to serve,
// and nobody can scale. The kubelet restarts it.
func TestFaultAPIServerRestarted(t *testing.T) {
	recovery := apiRestart + leaseEnd + shared.budget.backInRate()
	f := startFault(t, "kube-apiserver restarted", recovery)
	f.strike("the process of kube-apiserver is killed", func(ctx context.Context) error {
		return f.kill(ctx, f.pods(systemNamespace, "component=kube-apiserver")[0], "kube-apiserver")
	})
	f.awaitGone(f.metric, apiRestart)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(noneLost)
}
