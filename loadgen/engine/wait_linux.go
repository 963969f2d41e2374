// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"syscall"
	"time"
)

// The Go runtime rounds short waits up to the millisecond of epoll_wait, which
// at 5,000 requests/s is five requests late. nanosleep(2) overshoots by about
// 0.1 ms and burns no CPU. It can't be cancelled, hence the short stretch.
const fineStretch = 2 * time.Millisecond

func fineSleep(d time.Duration) {
	spec := syscall.NsecToTimespec(d.Nanoseconds())
	// The only error left is an interrupting signal; the caller looks at the
	// clock again in any case.
	_ = syscall.Nanosleep(&spec, nil)
}
