// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"sync/atomic"
	"syscall"
)

// stream is standard output or standard error. That its reader has gone away, as
// in "loadgen ... | head -n 1", is not an error: the reader has had what it
// wanted. What follows is discarded, and the command goes on.
type stream struct {
	to   io.Writer
	gone atomic.Bool
}

func (s *stream) Write(p []byte) (int, error) {
	if s.gone.Load() {
		return len(p), nil
	}
	n, err := s.to.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		s.gone.Store(true)
		return len(p), nil
	}
	return n, err
}
