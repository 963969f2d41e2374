// SPDX-License-Identifier: Apache-2.0

//go:build linux && !race

package engine

import (
	"syscall"
	"unsafe"
)

// These calls never wait, so they can do without telling the runtime that a
// thread is about to enter the kernel. Telling it wakes up the thread with which
// it watches over such calls whenever the process has been idle, which at low
// rates is a wake-up for each request.

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
