// SPDX-License-Identifier: Apache-2.0

// Package cache lets the operations of one apply, which run side by side, share what they ask the API server. It depends on no
// other package.
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

// Value is the answer to a question that several goroutines ask. The zero value is ready.
type Value[T any] struct {
	mu    sync.Mutex
	value T
	err   error
	began time.Time // of the request that gave them; zero when there is none
}

// Get returns the answer to a request that has begun after Get was called, so that those who come while a request is on its way share
// the next one, or a good answer to one that has begun before by less than maxAge. It waits for a request on its way, which therefore
// has to be bounded. No request shares the error of a request whose context has ended.
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

// Forget has whoever asks from now on see what this process has changed.
func (v *Value[T]) Forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.began = time.Time{}
}
