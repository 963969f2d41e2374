// SPDX-License-Identifier: Apache-2.0

package api

import "sync/atomic"

const (
	starting int32 = iota
	ready
	draining
)

// State is where the process stands between start and stop. Its zero value is starting; it may be
// used by several goroutines at once.
type State struct{ now atomic.Int32 }

// SetReady says that requests are wanted. It has no effect once the drain has begun.
func (s *State) SetReady() { s.now.CompareAndSwap(starting, ready) }

// SetDraining says that no more requests are wanted; those that come are still served.
func (s *State) SetDraining() { s.now.Store(draining) }

// Ready tells whether requests are wanted.
func (s *State) Ready() bool { return s.now.Load() == ready }

// Draining tells whether the stop has begun.
func (s *State) Draining() bool { return s.now.Load() == draining }
