// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package engine

import "context"

// newAlarm returns the timer of the runtime: its resolution is the best available
// here.
func newAlarm(ctx context.Context) alarm { return newTimerAlarm(ctx) }
