// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/live"
)

// console holds a command's input, outputs and environment.
type console struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	every          time.Duration // between two plain progress lines
}

const progressEvery = 5 * time.Second

// terminalSize returns the size of the terminal that w is, if it is one.
func terminalSize(w io.Writer) (live.Size, bool) {
	if s, isStream := w.(*stream); isStream {
		w = s.to
	}
	file, isFile := w.(*os.File)
	if !isFile {
		return live.Size{}, false
	}
	columns, rows, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return live.Size{}, false
	}
	if columns <= 0 || rows <= 0 { // a serial line does not know its size
		columns, rows = 80, 24
	}
	return live.Size{Columns: columns, Rows: rows}, true
}

// style says what w can show.
func (c console) style(w io.Writer) draw.Style {
	_, terminal := terminalSize(w)
	return draw.StyleFor(c.getenv, terminal)
}

// width returns how many columns w has: the terminal's width, COLUMNS, or 80.
func (c console) width(w io.Writer) int {
	if size, terminal := terminalSize(w); terminal {
		return size.Columns
	}
	if columns, err := strconv.Atoi(c.getenv("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return 80
}

// stream is standard output or standard error. It is not an error if its reader
// goes away, as in "loadgen ... | head -n 1": further output is discarded, and
// the command goes on.
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
