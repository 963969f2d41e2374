// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	fakediscovery "k8s.io/client-go/discovery/fake"
	fakemetadata "k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
)

// types replaces discovery: client-go's fake has no preferred resources.
type types struct {
	*fakediscovery.FakeDiscovery
	lists []*metav1.APIResourceList
	err   error
}

func (t types) ServerPreferredResources() ([]*metav1.APIResourceList, error) { return t.lists, t.err }

func object(apiVersion, kind, namespace, name string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: apiVersion, Kind: kind},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
	}
}

func cluster(t *testing.T, objects ...runtime.Object) (Cluster, *fakemetadata.FakeMetadataClient) {
	t.Helper()
	scheme := fakemetadata.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	client := fakemetadata.NewSimpleMetadataClient(scheme, objects...)
	listed := metav1.Verbs{"get", "list"}
	return Cluster{Metadata: client, Discovery: types{lists: []*metav1.APIResourceList{
		{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "namespaces", Kind: "Namespace", Verbs: listed},
			{Name: "configmaps", Kind: "ConfigMap", Namespaced: true, Verbs: listed},
			{Name: "events", Kind: "Event", Namespaced: true, Verbs: listed},
			{Name: "pods/log", Kind: "Pod", Namespaced: true, Verbs: metav1.Verbs{"get"}},
		}},
		{GroupVersion: "coordination.k8s.io/v1", APIResources: []metav1.APIResource{
			{Name: "leases", Kind: "Lease", Namespaced: true, Verbs: listed},
		}},
	}}}, client
}

func TestTakeListsEveryTypeAndNamespace(t *testing.T) {
	c, _ := cluster(t,
		object("v1", "Namespace", "", "app"),
		object("v1", "ConfigMap", "app", "settings"),
		object("v1", "ConfigMap", "monitoring", "settings"),
		object("v1", "Event", "app", "noise"),
		object("coordination.k8s.io/v1", "Lease", "kube-system", "controller"),
		object("coordination.k8s.io/v1", "Lease", "ingress", "leader"),
	)
	got, err := c.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Object{
		{"", "configmaps", "app", "settings"},
		{"", "configmaps", "monitoring", "settings"},
		{"", "namespaces", "", "app"},
		{"coordination.k8s.io", "leases", "ingress", "leader"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("inventory is\n%v, want\n%v", got, want)
	}
}

func TestTakeFailsWhenAnythingIsHidden(t *testing.T) {
	t.Run("a group that does not answer", func(t *testing.T) {
		c, _ := cluster(t)
		d := c.Discovery.(types)
		d.err = errors.New("custom.metrics.k8s.io is stale")
		c.Discovery = d
		if _, err := c.Take(t.Context()); !errors.Is(err, d.err) {
			t.Errorf("error is %v, want it to carry %q", err, d.err)
		}
	})
	t.Run("a type that cannot be listed", func(t *testing.T) {
		c, client := cluster(t)
		client.PrependReactor("list", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			return true, nil, errors.New("timed out")
		})
		if _, err := c.Take(t.Context()); err == nil || !strings.Contains(err.Error(), "listing configmaps: timed out") {
			t.Errorf("error is %v, want one that names the type", err)
		}
	})
}

func TestReasonToIgnore(t *testing.T) {
	for _, c := range []struct {
		name   string
		object Object
		want   bool
	}{
		{"an event anywhere", Object{"", "events", "app", "x"}, true},
		{"an event by its other name", Object{"events.k8s.io", "events", "app", "x"}, true},
		{"a lease of the control plane", Object{"coordination.k8s.io", "leases", "kube-system", "x"}, true},
		{"a lease of ours", Object{"coordination.k8s.io", "leases", "ingress", "x"}, false},
		{"an endpoint slice of ours", Object{"discovery.k8s.io", "endpointslices", "app", "x"}, false},
		{"a role in kube-system", Object{"rbac.authorization.k8s.io", "rolebindings", "kube-system", "x"}, false},
		{"a namespace", Object{"", "namespaces", "", "app"}, false},
		{"a custom resource definition", Object{"apiextensions.k8s.io", "customresourcedefinitions", "", "x"}, false},
		{"a definition that Helm leaves behind", Object{"apiextensions.k8s.io", "customresourcedefinitions", "", "policies.k8s.nginx.org"}, true},
		{"a definition of NGINX Gateway Fabric", Object{"apiextensions.k8s.io", "customresourcedefinitions", "", "nginxproxies.gateway.nginx.org"}, false},
		{"an API service", Object{"apiregistration.k8s.io", "apiservices", "", "x"}, false},
		{"a type of another group that is called events", Object{"example.org", "events", "app", "x"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if reason, got := reasonToIgnore(c.object); got != c.want {
				t.Errorf("%s is ignored: %t (%q), want %t", c.object, got, reason, c.want)
			}
		})
	}
	for _, r := range rules() {
		if r.reason == "" {
			t.Errorf("the rule for %q of %q gives no reason", r.resource, r.group)
		}
	}
}

func TestCompare(t *testing.T) {
	a, b, c := Object{Resource: "pods", Namespace: "app", Name: "a"}, Object{Group: "apps", Resource: "deployments", Name: "b"}, Object{Name: "c"}
	d := Compare([]Object{a, b}, []Object{b, c})
	if !slices.Equal(d.Added, []Object{c}) || !slices.Equal(d.Removed, []Object{a}) || d.Empty() {
		t.Errorf("difference is %+v, want c added and a removed", d)
	}
	if got := Compare([]Object{b, a}, []Object{a, b}); !got.Empty() {
		t.Errorf("difference of the same objects is %+v, want none", got)
	}
	if got, want := Compare([]Object{b}, []Object{a}).String(), "+ pods app/a\n- deployments.apps b\n"; got != want {
		t.Errorf("difference reads %q, want %q", got, want)
	}
}

var configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}

func TestAwaitSameOutlivesAFailedLookAndASlowDeletion(t *testing.T) {
	c, client := cluster(t, object("v1", "ConfigMap", "app", "left"))
	looks := 0
	client.PrependReactor("list", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
		looks++
		switch looks {
		case 2:
			return true, nil, errors.New("connection refused")
		case 3:
			return false, nil, client.Tracker().Delete(configMaps, "app", "left")
		}
		return false, nil, nil
	})
	if _, err := c.AwaitSame(t.Context(), nil, time.Nanosecond, t.Logf); err != nil || looks != 3 {
		t.Errorf("after %d inventories the error is %v, want none after 3", looks, err)
	}
}

func TestAwaitSameReturnsWhatIsLeft(t *testing.T) {
	left := Object{Resource: "configmaps", Namespace: "app", Name: "left"}
	c, client := cluster(t, object("v1", "ConfigMap", "app", "left"))
	ctx, cancel := context.WithCancel(t.Context())
	client.PrependReactor("list", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
		cancel() // the last type of the first inventory
		return false, nil, nil
	})
	d, err := c.AwaitSame(ctx, nil, time.Nanosecond, t.Logf)
	if !errors.Is(err, context.Canceled) || !slices.Equal(d.Added, []Object{left}) {
		t.Errorf("difference is %+v with error %v, want the config map and a cancelled context", d, err)
	}
}

func TestAwaitSameReturnsTheLastFailure(t *testing.T) {
	c, _ := cluster(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := c.Discovery.(types)
	d.err = errors.New("stale group")
	c.Discovery = d
	if _, err := c.AwaitSame(ctx, nil, time.Nanosecond, t.Logf); !errors.Is(err, d.err) {
		t.Errorf("error is %v, want it to carry %q", err, d.err)
	}
}
