// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/fake"
)

func TestTheLeaseTellsWhatAReplicaServes(t *testing.T) {
	client := fake.NewClientset()
	digests := make(chan string, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Keep(ctx, client, Replica{Adapter: "adapter", Namespace: "monitoring", Pod: "adapter-1", UID: "u"}, digests)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	for _, digest := range []string{"first", "second"} { // created, then updated
		digests <- digest
		var lease *coordinationv1.Lease
		err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			leases, err := client.CoordinationV1().Leases("monitoring").List(ctx, metav1.ListOptions{LabelSelector: Label + "=adapter"})
			if err != nil || len(leases.Items) == 0 {
				return false, err
			}
			lease = &leases.Items[0]
			return lease.Annotations[Annotation] == digest, nil
		})
		if err != nil {
			t.Fatalf("%q never came: %v", digest, err)
		}
		if lease.Name != "adapter-1" || *lease.Spec.HolderIdentity != "adapter-1" || time.Since(lease.Spec.RenewTime.Time) > Duration || lease.OwnerReferences[0].UID != "u" {
			t.Errorf("the lease is %+v", lease)
		}
	}
}
