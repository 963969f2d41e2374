// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package engine

import "time"

// Runtime timers alone: their resolution is what is to be had here.
const fineStretch = 0

func fineSleep(d time.Duration) { time.Sleep(d) }
