// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileAlarm is a timerfd(2) that the Go runtime polls together with the
// connections. It has the kernel's resolution, while a runtime timer has the
// whole milliseconds of epoll_wait. nanosleep(2) is as precise, but blocks a
// thread that has to be woken up.
type fileAlarm struct {
	file   *os.File
	raw    syscall.RawConn
	arm    func(fd uintptr) bool // made once: a closure for each wait would be an allocation
	left   time.Duration
	armed  bool
	failed syscall.Errno
	stop   func() bool
}

func newAlarm(ctx context.Context) alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return newTimerAlarm(ctx) // less precise, but correct
	}
	a := &fileAlarm{file: os.NewFile(uintptr(fd), "timerfd")}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		a.file.Close()
		return newTimerAlarm(ctx)
	}
	a.arm = a.set
	a.stop = context.AfterFunc(ctx, func() { _ = a.file.SetReadDeadline(past) })
	return a
}

func (a *fileAlarm) wait(d time.Duration) {
	a.left, a.armed = d, false
	if err := a.raw.Read(a.arm); err != nil && !os.IsTimeout(err) || a.failed != 0 {
		time.Sleep(d) // never observed
	}
}

// set is called twice for each wait: to start the timer, and again once the
// runtime finds the file readable. The file is never read, because starting the
// timer again has the same effect.
func (a *fileAlarm) set(fd uintptr) bool {
	if a.armed {
		return true
	}
	a.armed = true
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(a.left, 1)))} // 0 would stop it
	// A raw call, for the reason given in direct_raw.go.
	_, _, a.failed = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, fd, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	return a.failed != 0
}

func (a *fileAlarm) close() {
	a.stop()
	a.file.Close()
}
