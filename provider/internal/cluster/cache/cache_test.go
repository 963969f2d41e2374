// SPDX-License-Identifier: Apache-2.0

package cache

import (
	"context"
	"errors"
	"testing"
	"time"
)

// All callers that asked before a request began share its result and its error; later callers do not.
func TestValueIsShared(t *testing.T) {
	bad := errors.New("bad")
	for _, want := range []error{nil, bad} {
		var v Value[int]
		n := 0
		get := func(asked time.Time) int {
			got, err := v.get(t.Context(), asked, 0, func(context.Context) (int, error) { n++; return n, want })
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			return got
		}
		early := time.Now().Add(-time.Second)
		for i, want := range []int{1, 1, 2} {
			asked := early
			if i == 2 {
				asked = time.Now().Add(time.Second)
			}
			if got := get(asked); got != want {
				t.Errorf("call %d got the answer to request %d, want %d", i, got, want)
			}
		}
	}
}

// An error is not kept, nor is anything that was read before a change, nor the error of a caller that has given up.
func TestValueIsAskedForAgain(t *testing.T) {
	var v Value[int]
	n := 0
	ask := func(ctx context.Context, fails error) int {
		got, _ := v.Get(ctx, time.Hour, func(context.Context) (int, error) { n++; return n, fails })
		return got
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for i, step := range []struct {
		ctx   context.Context
		fails error
		want  int
	}{{t.Context(), errors.New("bad"), 1}, {t.Context(), nil, 2}, {t.Context(), nil, 2}, {ended, nil, 2}} {
		if got := ask(step.ctx, step.fails); got != step.want {
			t.Errorf("step %d got the answer to request %d, want %d", i, got, step.want)
		}
	}
	v.Forget()
	if got := ask(ended, context.Canceled); got != 3 {
		t.Errorf("got the answer to request %d after a change, want 3", got)
	}
	if got := ask(t.Context(), nil); got != 4 {
		t.Errorf("got the answer to request %d after a cancelled one, want 4", got)
	}
}
