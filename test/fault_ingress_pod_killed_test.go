// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// There is one NGINX: until another serves, nobody does. The autoscaler sees
// the traffic fall, which is true; the stabilization window is longer than a
// replacement takes. Then it sees what has waited come all at once, which is true
// as well and may bring a replica for a while.
func TestFaultIngressPodKilled(t *testing.T) {
	b := shared.budget
	recovery := podReplace + b.backInRate() + b.stabilization + b.podStop // the last two for a replica too many
	f := startFault(t, "the only NGINX killed", recovery)
	f.strike("the pod of NGINX is killed and removed", func(ctx context.Context) error {
		return f.removePods(ctx, f.places.ingress, f.selector(f.places.ingress, f.places.ingressDeployment))
	})
	f.awaitGone(f.ingress, answer)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(permitted{what: "those until another NGINX serves", whileGone: true})
}
