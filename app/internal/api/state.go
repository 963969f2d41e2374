// SPDX-License-Identifier: Apache-2.0

package api

import "sync/atomic"

const (
	starting int32 = iota
	ready
	draining
)

// State is the phase of the process: starting, ready or draining. Its zero value is starting. It is
// safe for concurrent use.
type State struct{ now atomic.Int32 }

// SetReady marks the process as ready. It has no effect once the drain has begun.
func (s *State) SetReady() { s.now.CompareAndSwap(starting, ready) }

// SetDraining marks the process as draining; requests that still arrive are served.
func (s *State) SetDraining() { s.now.Store(draining) }

// Ready reports whether the process is ready.
func (s *State) Ready() bool { return s.now.Load() == ready }

// Draining reports whether the drain has begun.
func (s *State) Draining() bool { return s.now.Load() == draining }
