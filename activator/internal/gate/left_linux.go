// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// hasLeft reports whether the client has closed the connection. net/http notices that
// only after reading the body, which is not read while a request is held.
func hasLeft(conn any) (left bool) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	err = raw.Control(func(fd uintptr) {
		about := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(about, 0)
		left = err == nil && n > 0 && about[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
	})
	return left || err != nil
}
