// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/fake"
)

func TestTheLeaseTellsWhatAReplicaServes(t *testing.T) {
	client := fake.NewClientset()
	states := make(chan State, 1)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		Keep(ctx, client, Replica{Adapter: "adapter", Namespace: "monitoring", Pod: "adapter-1", UID: "u"}, states)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	for _, tt := range []struct { // created, then updated
		state State
		want  map[string]string
	}{
		{State{Refused: "wrong", Because: "line 1"}, map[string]string{RefusedAnnotation: "wrong", BecauseAnnotation: "line 1"}},
		{State{Serves: "first"}, map[string]string{ServesAnnotation: "first"}},
		{
			State{Serves: "first", Refused: "wrong", Because: "x" + strings.Repeat("ä", longest)},
			map[string]string{ServesAnnotation: "first", RefusedAnnotation: "wrong", BecauseAnnotation: "x" + strings.Repeat("ä", longest/2-1)},
		},
		{State{Serves: "second"}, map[string]string{ServesAnnotation: "second"}},
	} {
		states <- tt.state
		var lease *coordinationv1.Lease
		err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
			leases, err := client.CoordinationV1().Leases("monitoring").List(ctx, metav1.ListOptions{LabelSelector: Label + "=adapter"})
			if err != nil || len(leases.Items) == 0 {
				return false, err
			}
			lease = &leases.Items[0]
			return maps.Equal(lease.Annotations, tt.want), nil
		})
		if err != nil {
			t.Fatalf("timed out waiting for %v: %v; the lease is %v", tt.want, err, lease)
		}
		if lease.Name != "adapter-1" || *lease.Spec.HolderIdentity != "adapter-1" || time.Since(lease.Spec.RenewTime.Time) > Duration || lease.OwnerReferences[0].UID != "u" {
			t.Errorf("the lease is %+v", lease)
		}
	}
}
