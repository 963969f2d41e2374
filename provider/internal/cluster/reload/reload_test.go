// SPDX-License-Identifier: Apache-2.0

package reload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

var adapter = types.NamespacedName{Namespace: "monitoring", Name: "adapter"}

// Leases are read as the adapter writes them.
func TestTheAdapterWritesWhatIsRead(t *testing.T) {
	source, err := os.ReadFile("../../../../adapter/internal/lease/lease.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{Label, ServesAnnotation, RefusedAnnotation, BecauseAnnotation} {
		if !strings.Contains(string(source), fmt.Sprintf("= %q", name)) {
			t.Errorf("the adapter writes no %s", name)
		}
	}
}

// A Lease is dead when it has not changed for its duration, whatever the clock of its holder says.
func TestALeaseDies(t *testing.T) {
	c := New(fake.NewSimpleClientset(), time.Second)
	holds := int32(30)
	lease := func(name string, renewed time.Time) coordinationv1.Lease {
		at := metav1.NewMicroTime(renewed)
		return coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: coordinationv1.LeaseSpec{RenewTime: &at, LeaseDurationSeconds: &holds}}
	}
	synctest.Test(t, func(t *testing.T) { // time in here is not real
		longAgo := time.Now().Add(-24 * time.Hour)
		for _, tt := range []struct {
			after time.Duration
			list  []coordinationv1.Lease
			want  []string
		}{
			{0, []coordinationv1.Lease{lease("a", longAgo), lease("b", longAgo)}, []string{"a", "b"}},
			{20 * time.Second, []coordinationv1.Lease{lease("a", longAgo), lease("b", longAgo.Add(time.Second))}, []string{"a", "b"}},
			{11 * time.Second, []coordinationv1.Lease{lease("a", longAgo), lease("b", longAgo.Add(time.Second))}, []string{"b"}},
			{20 * time.Second, []coordinationv1.Lease{lease("a", longAgo), lease("b", longAgo.Add(time.Second))}, nil},
			{time.Second, []coordinationv1.Lease{lease("a", longAgo.Add(time.Second))}, []string{"a"}}, // its holder is back
		} {
			time.Sleep(tt.after)
			var got []string
			for _, r := range c.living(adapter, tt.list) {
				got = append(got, r.Pod)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%v live after %s, want %v", got, tt.after, tt.want)
			}
		}
	})
}

// Each step is what one poll of a wait finds. The wait ends with the last step.
func TestWait(t *testing.T) {
	type step struct {
		text     string
		ready    int32
		replaced string
		replicas []Replica
		err      error // of reading the Deployment
	}
	old, now, none := Replica{Serves: Digest("old")}, Replica{Serves: Digest("new")}, Replica{}
	refuses := Replica{Pod: "p", Serves: Digest("old"), Refused: Digest("new"), Because: "line 7"}
	again := Replica{Serves: Digest("new"), Refused: Digest("new")}
	gone := errors.New("gone")
	for name, tt := range map[string]struct {
		steps []step
		want  string // of the error
	}{
		"all serve it":              {[]step{{text: "new", ready: 2, replicas: []Replica{now, now}}}, ""},
		"one after the other":       {[]step{{text: "new", ready: 2, replicas: []Replica{old, none}}, {text: "new", ready: 2, replicas: []Replica{now, old}}, {text: "new", ready: 2, replicas: []Replica{now, now}}}, ""},
		"one has no Lease yet":      {[]step{{text: "new", ready: 2, replicas: []Replica{now}}, {text: "new", ready: 2, replicas: []Replica{now, now}}}, ""},
		"no pod is ready":           {[]step{{text: "new", replicas: []Replica{now}}}, ""},
		"the text changes":          {[]step{{text: "new", ready: 1, replicas: []Replica{old}}, {text: "newer", ready: 1, replicas: []Replica{now}}, {text: "old", ready: 1, replicas: []Replica{old}}}, ""},
		"it is refused":             {[]step{{text: "new", ready: 2, replicas: []Replica{now, refuses}}}, "pod p of the adapter refuses the text: line 7"},
		"it is refused at a start":  {[]step{{text: "new", replaced: "1 old pod", replicas: []Replica{refuses}}}, "pod p of the adapter refuses the text: line 7"},
		"another one is refused":    {[]step{{text: "newer", ready: 1, replicas: []Replica{refuses}}, {text: "old", ready: 1, replicas: []Replica{refuses}}}, ""},
		"it was refused before":     {[]step{{text: "new", ready: 1, replicas: []Replica{again}}}, ""},
		"pods are being replaced":   {[]step{{text: "new", replaced: "1 old pod", replicas: []Replica{now}}, {text: "new", replaced: "1 old pod"}, {text: "new", ready: 1, replicas: []Replica{now}}}, ""},
		"it is of the other kind":   {[]step{{text: "new", replaced: "1 old pod", replicas: []Replica{now}}, {text: "new", ready: 1}}, ErrNone.Error()},
		"a request fails":           {[]step{{text: "new", err: errors.New("away")}, {text: "new", ready: 1, replicas: []Replica{now}}}, ""},
		"the Deployment is deleted": {[]step{{text: "new", ready: 1, replicas: []Replica{old}}, {text: "new", err: gone}}, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewSimpleClientset()
			at := -1
			kube.PrependReactor("list", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
				list := &coordinationv1.LeaseList{Items: []coordinationv1.Lease{{ObjectMeta: metav1.ObjectMeta{Name: "of another", Labels: map[string]string{Label: "another"}}}}}
				for i, r := range tt.steps[at].replicas {
					list.Items = append(list.Items, coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
						Name: fmt.Sprint("p", i), Labels: map[string]string{Label: adapter.Name},
						Annotations: map[string]string{ServesAnnotation: r.Serves, RefusedAnnotation: r.Refused, BecauseAnnotation: r.Because},
					}, Spec: coordinationv1.LeaseSpec{HolderIdentity: &r.Pod}})
				}
				return true, list, nil
			})
			c := New(kube, time.Millisecond)
			err := c.Wait(t.Context(), adapter, State{
				Text: func(context.Context) (string, error) {
					if at++; at == len(tt.steps) {
						t.Fatal("it waits on")
					}
					return tt.steps[at].text, nil
				},
				Rollout: func(context.Context) (int32, string, error) {
					return tt.steps[at].ready, tt.steps[at].replaced, tt.steps[at].err
				},
				Fatal: func(err error) bool { return errors.Is(err, gone) },
			})
			if got := fmt.Sprint(err); tt.want == "" && err != nil || tt.want != "" && got != tt.want {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if at != len(tt.steps)-1 {
				t.Errorf("it ended after %d of %d polls", at+1, len(tt.steps))
			}
		})
	}
}
