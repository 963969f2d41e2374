// SPDX-License-Identifier: Apache-2.0

package draw

import (
	"math"
	"strings"
)

// eighths are blocks that fill a cell from the left, by eighths.
var eighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar returns a bar of the given width of which a share, from 0 to 1, is full.
func Bar(style Style, share float64, width int, tone Tone) Line {
	var l Line
	share = min(max(share, 0), 1)
	if math.IsNaN(share) {
		share = 0
	}
	if !style.Unicode {
		full := int(math.Round(share * float64(width)))
		l.Add(tone, strings.Repeat("#", full))
		l.Add(Faint, strings.Repeat("-", width-full))
		return l
	}
	steps := int(math.Round(share * float64(width) * 8))
	filled := strings.Repeat("█", steps/8) + eighths[steps%8]
	l.Add(tone, filled)
	l.Add(Faint, strings.Repeat("·", width-(steps+7)/8))
	return l
}

// Gauge returns a bar with a mark at a share of it: a value against its target.
func Gauge(style Style, share, mark float64, width int, tone Tone) Line {
	at := min(int(mark*float64(width)), width-1)
	full := int(math.Round(min(max(share, 0), 1) * float64(width)))
	var l Line
	run := func(from, to int) {
		middle := min(max(full, from), to)
		l.Add(tone, strings.Repeat(style.pick("█", "#"), middle-from))
		l.Add(Faint, strings.Repeat(style.pick("·", "-"), to-middle))
	}
	run(0, at)
	l.Add(Strong, style.pick("┃", "|"))
	run(at+1, width)
	return l
}

// Pips returns one character for each of limit things: ready ones, those on
// their way and those there is room for.
func Pips(style Style, ready, wanted, limit int) Line {
	var l Line
	ready, wanted = max(ready, 0), max(wanted, 0)
	l.Add(Good, strings.Repeat(style.pick("■", "#"), ready))
	l.Add(Warning, strings.Repeat(style.pick("□", "o"), max(0, wanted-ready)))
	l.Add(Faint, strings.Repeat(style.pick("·", "."), max(0, limit-max(ready, wanted))))
	return l
}
