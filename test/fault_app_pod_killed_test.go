// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// A replica crashes. The others serve what it would have served; only what it
// was about to answer can be lost. Its counter begins at zero again, and its
// rate is missing for a moment: the autoscaler takes neither for less load.
func TestFaultAppPodKilled(t *testing.T) {
	recovery := podStart + shared.budget.backInRate()
	f := startFault(t, "a replica of the application killed", recovery)
	victim := f.pods(appNamespace, "app.kubernetes.io/name="+appName)[0]
	f.strike("the process of "+victim.Name+" is killed", func(ctx context.Context) error { return f.kill(ctx, victim, appName) })
	f.awaitRestart(victim, appName, podStart)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(permitted{what: "what the replica was about to answer: 2 requests at the most", most: 2})
}
