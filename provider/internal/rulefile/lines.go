// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"strings"
	"unicode/utf8"
)

// splitLines cuts text after each line break that YAML counts as one, so that line numbers agree with the parser's.
// Joining the lines gives the text again.
func splitLines(text string) []string {
	var lines []string
	start := 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		i += size
		switch c {
		case '\r':
			if strings.HasPrefix(text[i:], "\n") {
				i++
			}
		case '\n', '\u0085', '\u2028', '\u2029':
		default:
			continue
		}
		lines = append(lines, text[start:i])
		start = i
	}
	if start < len(text) {
		lines = append(lines, text[start:])
	}
	return lines
}

// lineBreak returns the line break that the text uses: that of its first line.
func lineBreak(lines []string) string {
	if len(lines) > 0 && strings.HasSuffix(lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// hasBreak reports whether a line ends in a line break, as all but the last one do.
func hasBreak(line string) bool {
	return line != strings.TrimRight(line, "\r\n\u0085\u2028\u2029")
}

// trimBreak removes the last line's break.
func trimBreak(text string) string {
	if rest, ok := strings.CutSuffix(text, "\r\n"); ok {
		return rest
	}
	if hasBreak(text) {
		_, size := utf8.DecodeLastRuneInString(text)
		return text[:len(text)-size]
	}
	return text
}

// isFiller reports whether a line, taken by itself, holds only white space or a comment. Inside text that spans lines it may still be
// content.
func isFiller(line string) bool {
	trimmed := strings.TrimLeft(line, " \t")
	return strings.HasPrefix(trimmed, "#") || strings.TrimSpace(trimmed) == ""
}

// byteOffset converts a column, counted in characters from 1 as the parser does, to an offset into the line.
func byteOffset(line string, column int) int {
	offset := 0
	for ; column > 1 && offset < len(line); column-- {
		_, size := utf8.DecodeRuneInString(line[offset:])
		offset += size
	}
	return offset
}
