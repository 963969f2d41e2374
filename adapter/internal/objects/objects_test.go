// SPDX-License-Identifier: Apache-2.0

package objects

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
)

var (
	podMetric     = provider.CustomMetricInfo{GroupResource: schema.GroupResource{Resource: "pods"}, Namespaced: true, Metric: "m"}
	serviceMetric = provider.CustomMetricInfo{GroupResource: schema.GroupResource{Resource: "services"}, Namespaced: true, Metric: "m"}
)

// cluster is what the lister sees: objects, and how often they were listed.
type cluster struct {
	client *fake.FakeMetadataClient
	lists  atomic.Int32
	watch  atomic.Pointer[watch.FakeWatcher]
	fail   atomic.Bool // lists and new watches fail
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	types := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(types); err != nil {
		t.Fatal(err)
	}
	var all []runtime.Object
	for _, kind := range []string{"Pod", "Service"} {
		for _, name := range []string{"b", "a", "c"} {
			all = append(all, object(kind, "ns", name, "web"), object(kind, "other", name, "web"), object(kind, "ns", "db-"+name, "db"))
		}
	}
	c := &cluster{client: fake.NewSimpleMetadataClient(types, all...)}
	c.client.PrependReactor("list", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		c.lists.Add(1)
		return c.fail.Load(), nil, errors.New("the API server is away")
	})
	c.client.PrependWatchReactor("pods", func(clienttesting.Action) (bool, watch.Interface, error) {
		if c.fail.Load() {
			return true, nil, errors.New("the API server is away")
		}
		w := watch.NewFake()
		c.watch.Store(w)
		return true, w, nil
	})
	return c
}

func object(kind, namespace, name, app string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: kind},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"app": app}},
	}
}

// lister returns a lister whose pods are watched.
func (c *cluster) lister(t *testing.T) *Lister {
	t.Helper()
	pods := NewPods(c.client)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); pods.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	until(t, "the pods are known", pods.Current)
	return &Lister{Mapper: testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme), Client: c.client, Pods: pods}
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	if wait.PollUntilContextTimeout(t.Context(), time.Millisecond, time.Minute, true, func(context.Context) (bool, error) { return condition(), nil }) != nil {
		t.Fatalf("timed out waiting until %s", what)
	}
}

func list(t *testing.T, l *Lister, info provider.CustomMetricInfo) string {
	t.Helper()
	names, err := l.Names(t.Context(), info, "ns", labels.SelectorFromSet(labels.Set{"app": "web"}))
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(names)
}

func TestNamesAreThoseOfTheNamespaceAndSelectorInOrder(t *testing.T) {
	c := newCluster(t)
	l := c.lister(t)
	before := c.lists.Load()
	if got := list(t, l, podMetric); got != "[a b c]" || c.lists.Load() != before {
		t.Errorf("pods are %s after %d lists, want none", got, c.lists.Load()-before)
	}
	if got := list(t, l, serviceMetric); got != "[a b c]" || c.lists.Load() != before+1 {
		t.Errorf("services are %s after %d lists, want one", got, c.lists.Load()-before)
	}
}

func TestAPodThatIsGoneIsInNoAnswer(t *testing.T) {
	c := newCluster(t)
	l := c.lister(t)
	c.watch.Load().Delete(object("Pod", "ns", "b", "web"))
	until(t, "b is gone", func() bool { return list(t, l, podMetric) == "[a c]" })
	c.watch.Load().Add(object("Pod", "ns", "d", "web"))
	until(t, "d is there", func() bool { return list(t, l, podMetric) == "[a c d]" })
}

// While the watch is broken the cache may be stale: pods are listed for each request, and
// if that fails, the request fails.
func TestPodsAreListedWhileTheWatchIsBroken(t *testing.T) {
	c := newCluster(t)
	l := c.lister(t)
	c.fail.Store(true)
	c.watch.Load().Stop()
	until(t, "the watch is known to be broken", func() bool { return !l.Pods.Current() })
	if got := list(t, l, podMetric); got != `listing pods in namespace "ns": the API server is away` {
		t.Errorf("got %s", got)
	}
	if err := c.client.Tracker().Delete(podResource, "ns", "b"); err != nil {
		t.Fatal(err)
	}
	c.fail.Store(false)
	before := c.lists.Load()
	if got := list(t, l, podMetric); got != "[a c]" || c.lists.Load() == before {
		t.Errorf("got %s after %d lists", got, c.lists.Load()-before)
	}
	// The cache has the new list some milliseconds after the watch is open.
	until(t, "there is a watch again", l.Pods.Current)
	before = c.lists.Load()
	until(t, "b is gone from memory", func() bool { return list(t, l, podMetric) == "[a c]" })
	if c.lists.Load() != before {
		t.Error("pods are listed although a watch is open")
	}
}

// The end of a watch may be noticed only after the next one has been opened. If it closed
// the new one too, pods would be listed for each request as long as that one lasts.
func TestTheEndOfAnOldWatchSaysNothingOfTheNewOne(t *testing.T) {
	p := NewPods(newCluster(t).client)
	before, after := watch.NewFake(), watch.NewFake()
	old := p.follow(before)
	now := p.follow(after)
	before.Stop()
	for range old.ResultChan() {
	}
	if p.open.Load() != now {
		t.Error("the new watch counts as ended")
	}
	after.Stop()
	for range now.ResultChan() {
	}
	if p.open.Load() != nil {
		t.Error("a watch that has ended counts as open")
	}
}

func TestWhatIsKeptOfAPodIsSmall(t *testing.T) {
	c := newCluster(t)
	l := c.lister(t)
	pod := object("Pod", "ns", "d", "web")
	pod.Annotations = map[string]string{"long": "text"}
	pod.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubelet"}}
	c.watch.Load().Add(pod)
	until(t, "d is there", func() bool { return slices.Contains(l.Pods.informer.GetIndexer().ListKeys(), "ns/d") })
	kept, _, _ := l.Pods.informer.GetIndexer().GetByKey("ns/d")
	if got := kept.(*metav1.PartialObjectMetadata); got.Annotations != nil || got.ManagedFields != nil || got.Labels["app"] != "web" {
		t.Errorf("kept %+v", got)
	}
}
