// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// terminal understands what a Screen writes, and scrolls and wraps lines like a
// real one. Rows that scroll off its screen are kept.
type terminal struct {
	size Size
	rows [][]rune // all of them, the last size.Rows are on the screen
	x, y int      // y counts from the first row of all
}

func newTerminal(size Size) *terminal { return &terminal{size: size, rows: [][]rune{nil}} }

var sequence = regexp.MustCompile("^\x1b\\[(\\??[0-9]*)([a-zA-Z])")

func (t *terminal) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		if m := sequence.FindStringSubmatch(text); m != nil {
			t.control(m[1], m[2])
			text = text[len(m[0]):]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			t.x = 0
		case '\n':
			t.down()
		default:
			t.put(r)
		}
	}
	return len(p), nil
}

func (t *terminal) control(argument, command string) {
	n := 1
	fmt.Sscan(argument, &n)
	switch command {
	case "A":
		t.y = max(t.y-n, len(t.rows)-t.size.Rows, 0)
	case "K":
		t.rows[t.y] = t.rows[t.y][:min(t.x, len(t.rows[t.y]))]
	case "J":
		t.rows[t.y] = t.rows[t.y][:min(t.x, len(t.rows[t.y]))]
		for y := t.y + 1; y < len(t.rows); y++ {
			t.rows[y] = nil
		}
	case "h", "l", "m":
		if command != "m" && argument != "?2026" {
			panic("a mode that outlives the program: " + argument)
		}
	default:
		panic("unknown command " + command)
	}
}

func (t *terminal) down() {
	t.y++
	if t.y == len(t.rows) {
		t.rows = append(t.rows, nil)
	}
}

func (t *terminal) put(r rune) {
	if t.x == t.size.Columns {
		t.x = 0
		t.down()
	}
	row := t.rows[t.y]
	for len(row) <= t.x {
		row = append(row, ' ')
	}
	row[t.x] = r
	t.rows[t.y] = row
	t.x++
}

// narrow makes the terminal narrower, and rewraps its lines.
func (t *terminal) narrow(columns int) {
	old := t.rows[:t.y+1] // nothing is below the cursor
	*t = terminal{size: Size{columns, t.size.Rows}, rows: [][]rune{nil}}
	for i, row := range old {
		if i > 0 {
			fmt.Fprint(t, "\r\n")
		}
		fmt.Fprint(t, string(row))
	}
}

func (t *terminal) text() string {
	var lines []string
	for _, row := range t.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func TestScreenReplacesItsFrameAndNothingElse(t *testing.T) {
	term := newTerminal(Size{20, 8})
	fmt.Fprint(term, "before\r\n")
	var frame []string
	s := NewScreen(term, func() Size { return term.size }, func(Size) []string { return frame })
	for i, tt := range []struct {
		frame  []string
		narrow int
		want   string
	}{
		{[]string{"one", "two two two"}, 0, "before\none\ntwo two two"},
		{[]string{"uno", "due"}, 0, "before\nuno\ndue"},
		{[]string{"a", "b", "\x1b[31mc\x1b[0m", "d"}, 0, "before\na\nb\nc\nd"},
		{[]string{"1234567890123456789", "x"}, 0, "before\n1234567890123456789\nx"},
		{[]string{"123456789", "y"}, 10, "before\n123456789\ny"},
		{nil, 0, "before"},
		{[]string{"z"}, 0, "before\nz"},
		{[]string{"1", "2", "3", "4", "5", "6", "7"}, 0, "before\n1\n2\n3\n4\n5\n6\n7"},
		{[]string{"A", "B", "C", "D", "E", "F", "G"}, 0, "before\nA\nB\nC\nD\nE\nF\nG"},
	} {
		frame = tt.frame
		if tt.narrow > 0 {
			term.narrow(tt.narrow)
		}
		s.Paint()
		if got := term.text(); got != tt.want {
			t.Fatalf("frame %d: the terminal shows\n%s\nwant\n%s", i, got, tt.want)
		}
	}
	frame = []string{"last"}
	s.Close()
	fmt.Fprint(term, "after")
	frame = []string{"too late"}
	s.Paint()
	if got, want := term.text(), "before\nlast\n\nafter"; got != want {
		t.Errorf("finally the terminal shows\n%s\nwant\n%s", got, want)
	}
}

// Rows that scrolled off a terminal that became shorter come back when it
// grows.
func TestNoOldFrameIsLeftWhenTheTerminalShrinksAndGrows(t *testing.T) {
	term := newTerminal(Size{20, 12})
	fmt.Fprint(term, "before\r\n")
	frames := 0
	s := NewScreen(term, func() Size { return term.size }, func(size Size) (lines []string) {
		frames++
		for i := range size.Rows - 2 {
			lines = append(lines, fmt.Sprintf("frame %d line %d", frames, i))
		}
		return lines
	})
	for _, rows := range []int{12, 5, 12, 3, 4, 8, 12, 6, 12} {
		term.size.Rows = rows
		s.Paint()
	}
	text := term.text()
	if strings.Count(text, "line 0") != 1 || !strings.HasPrefix(text, fmt.Sprintf("before\nframe %d line 0\n", frames)) {
		t.Errorf("old frames are left:\n%s", text)
	}
}
