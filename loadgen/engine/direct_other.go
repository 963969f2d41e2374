// SPDX-License-Identifier: Apache-2.0

//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package engine

import (
	"io"
	"net"
)

// directWrite is not available on this platform: goroutines write.
type directWrite struct{}

func newDirectWrite(net.Conn) *directWrite { return nil }

func (*directWrite) write([]byte) (int, error) { panic("no direct write") }

func (*directWrite) closed() bool { panic("no direct write") }

func newDirectRead(conn net.Conn) io.Reader { return conn }
