// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Screen keeps a frame on a terminal up to date, in place, below whatever was
// there before. It changes no terminal state that would have to be restored:
// the cursor stays visible below the frame, lines are narrower than the
// terminal, and there is no raw mode and no alternate screen. So however the
// process ends, even by SIGKILL, the terminal stays usable and shows the last
// frame.
type Screen struct {
	mu     sync.Mutex
	to     io.Writer
	size   func() Size
	frame  func(Size) []string
	widths []int // of the lines on the terminal
	above  []int // of lines of earlier frames that have scrolled off the top
	closed bool
}

// NewScreen shows the frames that frame returns on a terminal. size is called
// for each frame.
func NewScreen(to io.Writer, size func() Size, frame func(Size) []string) *Screen {
	return &Screen{to: to, size: size, frame: frame}
}

// Paint replaces the frame with the current one. A frame is written in one call
// and each line over the old one, so that nothing flickers.
func (s *Screen) Paint() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.paint()
	}
}

// Close paints a last frame and leaves it where it is.
func (s *Screen) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.paint()
		io.WriteString(s.to, "\r\n") // apart from what follows
	}
	s.closed = true
}

func (s *Screen) paint() {
	size := s.size()
	lines := s.frame(size)
	var b strings.Builder
	b.WriteString("\x1b[?2026h") // terminals that support it show the update at once
	rows := s.back(size)
	if b.WriteString("\r"); rows > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", rows)
	}
	if len(s.above) > 0 { // the frame stays at the bottom, where the count of rows starts
		lines = append(make([]string, max(0, rows-len(lines))), lines...)
	}
	s.widths = nil
	for _, line := range lines {
		b.WriteString(line + "\x1b[K\r\n") // and clear the rest of a longer line
		s.widths = append(s.widths, visible(line))
	}
	b.WriteString("\x1b[J\x1b[?2026l")
	io.WriteString(s.to, b.String()) // a failed write must not end the load
}

// back returns how many rows above the cursor the frame on the terminal begins. A
// terminal that has become narrower has wrapped its lines.
func (s *Screen) back(size Size) int {
	// Lines that scrolled off a terminal that became shorter come back when it grows.
	lines := append(s.above, s.widths...)
	rows, room, first := 0, max(0, size.Rows-1), len(lines)
	for first > 0 && rows < room {
		first--
		rows += max(1, (lines[first]+size.Columns-1)/max(1, size.Columns))
	}
	s.above = lines[:first:first]
	return min(rows, room)
}

// visible counts the columns of a line: all characters but colour codes.
func visible(line string) int {
	n, inside := 0, false
	for _, r := range line {
		switch {
		case r == '\x1b':
			inside = true
		case inside:
			inside = r != 'm'
		default:
			n++
		}
	}
	return n
}
