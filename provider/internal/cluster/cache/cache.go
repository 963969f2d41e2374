// SPDX-License-Identifier: Apache-2.0

// Package cache lets the parallel operations of one apply share requests to the API server. It depends on no other package.
package cache

import (
	"context"
	"sync"
	"time"
)

// Map keeps one value for each key, made when it is first asked for. The zero value is ready.
type Map[K comparable, V any] struct{ of sync.Map }

// Get returns the value of a key.
func (m *Map[K, V]) Get(key K) *V {
	v, _ := m.of.LoadOrStore(key, new(V))
	return v.(*V)
}

// Value is the result of a request that several goroutines make. The zero value is ready.
type Value[T any] struct {
	mu    sync.Mutex
	value T
	err   error
	began time.Time // start of the request that returned them; zero if there is none
}

// Get returns the result of a request that began after the call, so that callers that come while a request is in flight share the next
// one, or a successful result of a request that began less than maxAge before the call. It waits for a request in flight, which must
// therefore have a timeout. The result of a request whose context has ended is not shared.
func (v *Value[T]) Get(ctx context.Context, maxAge time.Duration, request func(context.Context) (T, error)) (T, error) {
	return v.get(ctx, time.Now(), maxAge, request)
}

func (v *Value[T]) get(ctx context.Context, asked time.Time, maxAge time.Duration, request func(context.Context) (T, error)) (T, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.began.After(asked) || v.err == nil && v.began.Add(maxAge).After(asked) {
		return v.value, v.err
	}
	began := time.Now()
	value, err := request(ctx)
	if ctx.Err() == nil {
		v.value, v.err, v.began = value, err, began
	}
	return value, err
}

// Forget drops the result, so that later calls see what this process has changed.
func (v *Value[T]) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.began = time.Time{}
}
