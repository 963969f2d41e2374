// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

type outcome struct {
	moment
	err error
}

func inBackground(f func() (moment, error)) <-chan outcome {
	c := make(chan outcome, 1)
	go func() {
		m, err := f()
		c <- outcome{m, err}
	}()
	return c
}

func TestAllPodsStartAtOneMoment(t *testing.T) {
	const pods = 5
	l := listen(t)
	address := l.Addr().String()
	var all []<-chan outcome
	began := time.Now()
	for index := pods - 1; index > 0; index-- { // the first one comes last
		all = append(all, inBackground(func() (moment, error) { return meet(t.Context(), address, index, pods) }))
	}
	all = append(all, inBackground(func() (moment, error) { return lead(t.Context(), l, pods) }))
	var first outcome
	for _, c := range all {
		o := <-c
		if o.err != nil {
			t.Fatal(o.err)
		}
		if first.agreed.IsZero() {
			first = o
		}
		if !o.agreed.Equal(first.agreed) {
			t.Errorf("one result would say %s, another %s", o.agreed, first.agreed)
		}
		// Even on a busy machine, no pod can receive the word before it is
		// sent, and it is sent this long ahead.
		if o.here.Before(began.Add(ahead)) {
			t.Errorf("a pod starts %s after the beginning of the meeting, want %s at least", o.here.Sub(began), ahead)
		}
	}
}

func TestAPodAloneStartsAtOnce(t *testing.T) {
	if _, err := meet(t.Context(), "", 0, 1); err != nil {
		t.Error(err)
	}
}

// watched reports each connection that the listener's side closes.
type watched struct {
	net.Listener
	closed chan struct{}
}

func (w watched) Accept() (net.Conn, error) {
	c, err := w.Listener.Accept()
	return watchedConnection{c, w.closed}, err
}

type watchedConnection struct {
	net.Conn
	closed chan<- struct{}
}

func (c watchedConnection) Close() error {
	select {
	case c.closed <- struct{}{}:
	default:
	}
	return c.Conn.Close()
}

func TestAPodThatGoesAwayHasNotCome(t *testing.T) {
	l := watched{listen(t), make(chan struct{}, 1)}
	leading := inBackground(func() (moment, error) { return lead(t.Context(), l, 3) })
	gone, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Write([]byte(`{"index":1,"pods":3}` + "\n")); err != nil {
		t.Fatal(err)
	}
	gone.Close()
	<-l.closed // it was noticed
	second := inBackground(func() (moment, error) { return follow(t.Context(), l.Addr().String(), 2, 3) })
	select {
	case o := <-leading:
		t.Fatalf("the meeting ended with one pod of two: %+v", o)
	case <-time.After(3 * again):
	}
	first := inBackground(func() (moment, error) { return follow(t.Context(), l.Addr().String(), 1, 3) })
	for _, c := range []<-chan outcome{leading, first, second} {
		if o := <-c; o.err != nil {
			t.Error(o.err)
		}
	}
}

func TestWhoeverWaitsSaysForWhom(t *testing.T) {
	cause := errors.New("time is up")
	ctx, cancel := context.WithCancelCause(t.Context())
	l := listen(t)
	leading := inBackground(func() (moment, error) { return lead(ctx, l, 3) })
	closed := listen(t)
	closed.Close()
	following := inBackground(func() (moment, error) { return follow(ctx, closed.Addr().String(), 1, 3) })
	cancel(cause)
	for c, want := range map[<-chan outcome]string{leading: "0 of 2 have connected", following: closed.Addr().String()} {
		if o := <-c; !errors.Is(o.err, cause) || !strings.Contains(o.err.Error(), want) {
			t.Errorf("error is %v, want the cause and %q", o.err, want)
		}
	}
}

func TestAPodOfAnotherMeetingIsRefused(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	leading := inBackground(func() (moment, error) { return lead(ctx, l, 3) })
	for _, h := range []hello{{1, 4}, {0, 3}, {3, 3}} {
		_, err := follow(t.Context(), l.Addr().String(), h.Index, h.Pods)
		if err == nil || !strings.Contains(err.Error(), "load of 3") {
			t.Errorf("%+v: error is %v, want one that names the load of 3 pods", h, err)
		}
	}
	cancel()
	<-leading
}
