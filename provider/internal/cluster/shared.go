// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"sync"
	"time"
)

// shared lets goroutines that ask the same question at the same time share one request. Nobody gets an answer to a request that
// began earlier before they asked than they allow, or before this process changed what is asked for.
type shared[T any] struct {
	mu      sync.Mutex
	next    *answer[T] // of the request that begins after the current one
	last    *answer[T] // of the latest request that has succeeded; nil when there is none
	changed time.Time  // when this process changed it
	busy    bool
}

type answer[T any] struct {
	began time.Time
	done  chan struct{}
	value T
	err   error
}

// forget has whoever asks from now on see what this process has changed.
func (s *shared[T]) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.changed = nil, time.Now()
}

// ask returns the answer to a request that begins from now on or has begun within the time reuse, or the cause of the context's end.
// The request outlives the context of a single asker, so ask has to bound it.
func (s *shared[T]) ask(ctx context.Context, reuse time.Duration, request func(context.Context) (T, error)) (T, error) {
	s.mu.Lock()
	if last := s.last; last != nil && time.Since(last.began) < reuse {
		s.mu.Unlock()
		return last.value, nil
	}
	if s.next == nil {
		s.next = &answer[T]{done: make(chan struct{})}
	}
	mine := s.next
	if !s.busy {
		s.busy = true
		go s.serve(context.WithoutCancel(ctx), request)
	}
	s.mu.Unlock()
	select {
	case <-mine.done:
		return mine.value, mine.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

func (s *shared[T]) serve(ctx context.Context, request func(context.Context) (T, error)) {
	for {
		s.mu.Lock()
		now := s.next
		s.next = nil
		s.busy = now != nil
		s.mu.Unlock()
		if now == nil {
			return
		}
		now.began = time.Now()
		now.value, now.err = request(ctx)
		s.mu.Lock()
		if now.err == nil && now.began.After(s.changed) {
			s.last = now
		}
		s.mu.Unlock()
		close(now.done)
	}
}

// registry keeps one value for each key, which it makes when it is first asked for.
type registry[K comparable, V any] struct {
	mu sync.Mutex
	of map[K]*V
}

func (r *registry[K, V]) get(key K) *V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[K]*V{}
	}
	v, ok := r.of[key]
	if !ok {
		v = new(V)
		r.of[key] = v
	}
	return v
}
