// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd

package engine

import (
	"io"
	"net"
	"os"
	"syscall"
)

// directWrite writes to a connection without ever blocking.
type directWrite struct {
	raw     syscall.RawConn
	attempt func(fd uintptr) bool // made once: a closure for each request would be an allocation

	request []byte
	n       int
	err     error
}

// newDirectWrite returns nil for a connection that allows no direct access.
func newDirectWrite(conn net.Conn) *directWrite {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	w := &directWrite{raw: raw}
	w.attempt = w.try
	return w
}

// write writes what the send buffer takes at once. With n = 0 and an error
// other than errWouldBlock, nothing was sent, and nothing will be.
func (w *directWrite) write(request []byte) (n int, err error) {
	w.request, w.n, w.err = request, 0, nil
	if err := w.raw.Write(w.attempt); err != nil {
		return 0, err // closed, or past its deadline
	}
	return w.n, w.err
}

// closed reports whether the peer has closed the connection or sent anything.
func (w *directWrite) closed() bool {
	_, err := w.write(nil)
	return err != nil
}

// try makes one attempt; returning true means that no other attempt follows.
func (w *directWrite) try(fd uintptr) bool {
	var b [1]byte
	// Anything but "nothing to read yet" means that this connection is over: its
	// end, an error, or bytes that answer no request. The goroutine that waits
	// for them may not have run since they arrived.
	if _, errno := peekNow(fd, b[:]); errno != syscall.EAGAIN {
		w.err = errClosed
		return true
	}
	for w.n < len(w.request) {
		n, errno := writeNow(fd, w.request[w.n:])
		switch errno {
		case 0:
			w.n += n
		case syscall.EINTR:
		case syscall.EAGAIN:
			w.err = errWouldBlock
			return true
		default:
			w.err = os.NewSyscallError("write", errno)
			return true
		}
	}
	return true
}

// directRead reads from a connection as its own Read does, with calls that
// bypass the runtime; see direct_raw.go.
type directRead struct {
	raw     syscall.RawConn
	attempt func(fd uintptr) bool

	buffer []byte
	n      int
	errno  syscall.Errno
}

// newDirectRead returns conn itself when it allows no direct access.
func newDirectRead(conn net.Conn) io.Reader {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return conn
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn
	}
	r := &directRead{raw: raw}
	r.attempt = r.try
	return r
}

func (r *directRead) Read(b []byte) (int, error) {
	r.buffer = b
	switch err := r.raw.Read(r.attempt); {
	case err != nil:
		return 0, err // closed, or past its deadline
	case r.errno != 0:
		return 0, os.NewSyscallError("read", r.errno)
	case r.n == 0 && len(b) > 0:
		return 0, io.EOF
	}
	return r.n, nil
}

// try makes one attempt; returning false means to wait for the next one.
func (r *directRead) try(fd uintptr) bool {
	for {
		r.n, r.errno = readNow(fd, r.buffer)
		if r.errno != syscall.EINTR {
			return r.errno != syscall.EAGAIN
		}
	}
}
