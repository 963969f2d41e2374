// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// hasLeft reports whether the other end of a connection has closed it. net/http
// notices that only once it has read the body, which is not read while a request
// is held.
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
