// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
	"time"
)

// The only node stops, with everything, and is started again. Nothing can serve
// meanwhile. After that it is everything at once: a new controller manager
// without recommendations, rates that begin again, an NGINX that may serve later
// than the autoscaler looks.
func TestFaultNodeRestarted(t *testing.T) {
	b := shared.budget
	recovery := nodeStart + b.backInRate() + b.stabilization + b.podStop // the last two for a replica too many
	f := startFault(t, "the node stopped and started", nodeStop+recovery)
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), nodeStop)
		defer cancel()
		if err := f.node.Start(ctx); err != nil { // no error when it runs
			f.t.Errorf("starting the node: %v", err)
		}
	})
	f.strike("the node stops", f.node.Stop)
	f.record.Held = time.Since(f.record.Began).Seconds()
	started := f.end(f.node.Start)
	f.awaitRecovery(started, recovery)
	// The node comes back with another address. For two minutes the host still has
	// connections of before in mind, and sends a new one from the same port to the
	// old address: that costs a few requests more.
	f.finish(permitted{what: "those until the node's parts have found each other, and 10 more", untilRecovered: true, most: 10})
}
