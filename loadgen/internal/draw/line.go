// SPDX-License-Identifier: Apache-2.0

// Package draw makes text pictures for terminals: coloured lines that can be
// cut at a width, bars, and the curve of a rate over time. It writes nothing
// itself; everything is returned as lines.
package draw

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is one line of text whose parts have tones. It knows its width, because
// tones become bytes only in Text. Every character counts as one column.
type Line struct {
	parts []part
	width int
}

type part struct {
	tone Tone
	text string
}

// Add appends text. Control characters, which would move the cursor, become
// question marks: some of the text comes from servers.
func (l *Line) Add(tone Tone, text string) *Line {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, text)
	l.parts = append(l.parts, part{tone, text})
	l.width += utf8.RuneCountInString(text)
	return l
}

// Addf appends formatted text.
func (l *Line) Addf(tone Tone, format string, args ...any) *Line {
	return l.Add(tone, fmt.Sprintf(format, args...))
}

// Pad appends spaces up to a column, or one space when text has passed it.
func (l *Line) Pad(column int) *Line {
	return l.Add(Plain, strings.Repeat(" ", max(1, column-l.width)))
}

// Append appends the parts of another line.
func (l *Line) Append(other Line) *Line {
	l.parts = append(l.parts, other.parts...)
	l.width += other.width
	return l
}

// Width returns the number of columns.
func (l Line) Width() int { return l.width }

// Text returns the line for a style, cut to a width; 0 means as long as it is.
// A cut line ends in an ellipsis.
func (l Line) Text(style Style, width int) string {
	// Trailing spaces are dropped.
	left := l.width
	for i := len(l.parts) - 1; i >= 0; i-- {
		trailing := len(l.parts[i].text) - len(strings.TrimRight(l.parts[i].text, " "))
		left -= trailing
		if trailing < len(l.parts[i].text) {
			break
		}
	}
	cut := width > 0 && left > width
	if cut {
		left = width - 1
	}
	var b strings.Builder
	for _, p := range l.parts {
		text := []rune(p.text)
		text = text[:min(left, len(text))]
		left -= len(text)
		b.WriteString(style.paint(p.tone, string(text)))
	}
	if cut {
		return b.String() + style.pick("…", ">")
	}
	return b.String()
}
