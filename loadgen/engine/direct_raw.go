// SPDX-License-Identifier: Apache-2.0

//go:build linux && !race

package engine

import (
	"syscall"
	"unsafe"
)

// These calls never block, so the runtime need not be told that a thread enters
// the kernel. That would wake up its monitoring thread whenever the process has
// been idle, at low rates once per request.

func writeNow(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func readNow(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

func peekNow(fd uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), syscall.MSG_PEEK, 0, 0)
	return int(n), errno
}
