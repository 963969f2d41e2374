// SPDX-License-Identifier: Apache-2.0

package draw

import "math"

// grid is the inside of a plot. A cell holds a block of the area or, where
// there is none, dots of the line.
type grid struct {
	columns, rows int
	cells         [][]cell // by row, the upper one first
}

type cell struct {
	tone Tone
	text rune
	dots rune // bits of a braille character
}

func newGrid(columns, rows int) grid {
	g := grid{columns, rows, make([][]cell, rows)}
	for y := range g.cells {
		g.cells[y] = make([]cell, columns)
		for x := range g.cells[y] {
			g.cells[y][x].text = ' '
		}
	}
	return g
}

// risers are blocks that fill a cell from below, by eighths.
var risers = []rune(" ▁▂▃▄▅▆▇█")

// fill draws a column of blocks for each value.
func (g grid) fill(values []float64, top float64, style Style) {
	for x, v := range values {
		if math.IsNaN(v) || v <= 0 {
			continue
		}
		height := v / top * float64(g.rows)
		for y := range g.rows {
			level := height - float64(g.rows-1-y) // of this cell, 1 is full
			eighths := min(8, int(math.Round(level*8)))
			if y == g.rows-1 {
				eighths = max(eighths, 1) // a small value must be visible
			}
			switch {
			case eighths <= 0:
			case style.Unicode:
				g.cells[y][x] = cell{tone: Accent, text: risers[eighths]}
			case eighths > 4 || y == g.rows-1 && eighths > 2:
				g.cells[y][x] = cell{tone: Accent, text: '#'}
			case y == g.rows-1:
				g.cells[y][x] = cell{tone: Accent, text: '_'}
			}
		}
	}
}

// brailleBits are the bits of the dots of a braille character, by its two
// columns and four rows.
var brailleBits = [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// trace draws a line of dots through two values per column, joined vertically
// where it jumps.
func (g grid) trace(values []float64, top float64, style Style) {
	const fine = 4 // dots of a cell, up and down
	previous := -1
	for i, v := range values {
		if math.IsNaN(v) {
			previous = -1
			continue
		}
		level := min(max(int(math.Round(v/top*float64(g.rows*fine))), 0), g.rows*fine) // 0 is on the axis
		from, to := level, level
		if previous >= 0 {
			// From just next to the previous dot, so that a slope stays thin.
			if previous < level-1 {
				from = previous + 1
			} else if previous > level+1 {
				to = previous - 1
			}
		}
		for dot := from; dot <= to; dot++ {
			above := g.rows*fine - max(dot, 1) // dots between it and the top
			c := &g.cells[above/fine][i/2]
			if c.text != ' ' && c.dots == 0 {
				continue // covered by the area
			}
			if style.Unicode {
				c.dots |= brailleBits[i%2][above%fine]
				c.text = 0x2800 + c.dots
			} else {
				c.dots, c.text = 1, '.'
			}
			c.tone = Warning
		}
		previous = level
	}
}

// row returns a row of the grid as a line, equal tones in one part.
func (g grid) row(y int) Line {
	var l Line
	var run []rune
	tone := Plain
	for _, c := range g.cells[y] {
		if c.tone != tone && len(run) > 0 {
			l.Add(tone, string(run))
			run = run[:0]
		}
		tone = c.tone
		run = append(run, c.text)
	}
	return *l.Add(tone, string(run))
}
