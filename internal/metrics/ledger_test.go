// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// deployment is a set of pods with counters.
type deployment struct {
	t      *testing.T
	client *fake.Clientset
	mu     sync.Mutex
	counts map[string]float64
}

var kind = corev1.SchemeGroupVersion.WithResource("pods")

func pod(name string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: name, Labels: map[string]string{"name": "work"}},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "work", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}},
	}
}

func (d *deployment) read(_ context.Context, name string) (float64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	value, ok := d.counts[name]
	if !ok {
		return 0, errors.New("connection refused")
	}
	return value, nil
}

func (d *deployment) count(name string, value float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[name] = value
}

// gone makes a pod stop answering, and deletes it.
func (d *deployment) gone(name string) {
	d.mu.Lock()
	delete(d.counts, name)
	d.mu.Unlock()
	if err := d.client.Tracker().Delete(kind, "app", name); err != nil {
		d.t.Fatal(err)
	}
	synctest.Wait()
}

func (d *deployment) update(p *corev1.Pod) {
	if err := d.client.Tracker().Update(kind, p, "app"); err != nil {
		d.t.Fatal(err)
	}
	synctest.Wait()
}

// terminate marks a pod as terminating.
func (d *deployment) terminate(name string) {
	p := pod(name)
	p.DeletionTimestamp = &metav1.Time{Time: time.Now()}
	d.update(p)
}

// ledger runs the test with two pods that have counted 10 and 20.
func ledger(t *testing.T, test func(*testing.T, *deployment, *Ledger)) {
	synctest.Test(t, func(t *testing.T) {
		d := &deployment{t: t, client: fake.NewClientset(pod("a"), pod("b")), counts: map[string]float64{"a": 10, "b": 20}}
		l, stop, err := follow(t.Context(), d.client, "app", "name=work", d.read)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		synctest.Wait()
		test(t, d, l)
	})
}

func (d *deployment) wantSum(l *Ledger, want float64) {
	d.t.Helper()
	if sum, err := l.Sum(d.t.Context()); err != nil || sum != want {
		d.t.Errorf("sum is %g, error %v; want %g", sum, err, want)
	}
}

func (d *deployment) wantProblem(l *Ledger, part string) {
	d.t.Helper()
	if sum, err := l.Sum(d.t.Context()); err == nil || !strings.Contains(err.Error(), part) {
		d.t.Errorf("sum is %g, error %v; want an error with %q", sum, err, part)
	}
}

func TestAPodThatHasEndedStillCounts(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		d.wantSum(l, 30)
		d.terminate("b")
		time.Sleep(time.Second) // requests still arrive for a moment
		d.count("b", 25)
		time.Sleep(3 * time.Second)
		d.gone("b")
		d.count("a", 11)
		d.wantSum(l, 36)
		if alive, ended := l.Pods(); alive != 1 || ended != 1 {
			t.Errorf("%d pods are alive and %d have ended, want one each", alive, ended)
		}
	})
}

func TestSumWaitsForAPodThatEnds(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		d.terminate("b")
		time.AfterFunc(2*time.Second, func() { d.count("b", 22) })
		time.AfterFunc(5*time.Second, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			delete(d.counts, "b")
		})
		d.wantSum(l, 32)
	})
}

func TestACounterThatMovedToTheEndIsNotKnown(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		d.terminate("b")
		time.Sleep(2 * time.Second)
		d.count("b", 21)
		time.Sleep(500 * time.Millisecond)
		d.gone("b")
		d.wantProblem(l, "counter of pod b: it was last read")
	})
}

func TestAPodThatCrashedIsNotKnown(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		p := pod("b")
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "work", RestartCount: 1}}
		d.update(p)
		d.wantProblem(l, "counter of pod b: container work restarted")
	})
}

// One whose image cannot be pulled, for instance.
func TestAPodThatNeverStartedHasCountedNothing(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		c := pod("c")
		c.Status.ContainerStatuses[0].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull"}}
		if err := d.client.Tracker().Add(c); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		d.wantSum(l, 30)
		c = c.DeepCopy()
		c.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		d.update(c)
		d.gone("c")
		d.wantSum(l, 30)
	})
}

func TestAPodThatWentUnseenIsNotKnown(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		d.gone("b")
		d.wantProblem(l, "counter of pod b: it was deleted without being seen terminating")
	})
}

func TestAPodThatCannotBeReadIsNotKnown(t *testing.T) {
	ledger(t, func(t *testing.T, d *deployment, l *Ledger) {
		d.mu.Lock()
		delete(d.counts, "b")
		d.mu.Unlock()
		d.terminate("b")
		d.wantProblem(l, "counter of pod b: it could not be read while the pod terminated: connection refused")
	})
}
