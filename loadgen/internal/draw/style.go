// SPDX-License-Identifier: Apache-2.0

package draw

import "strings"

// Style says what the output can show.
type Style struct {
	Unicode bool // block and braille characters; plain ASCII otherwise
	Color   bool
}

// StyleFor reads what a terminal, or a file that stands in for one, can show
// from the environment: characters from the locale, colours from TERM and from
// NO_COLOR (https://no-color.org). The Linux console has a locale but lacks
// most of the characters.
func StyleFor(getenv func(string) string, terminal bool) Style {
	locale := getenv("LC_ALL")
	for _, name := range []string{"LC_CTYPE", "LANG"} {
		if locale == "" {
			locale = getenv(name)
		}
	}
	locale = strings.ToLower(locale)
	utf8 := strings.Contains(locale, "utf-8") || strings.Contains(locale, "utf8")
	term := getenv("TERM")
	return Style{
		Unicode: utf8 && term != "linux" && term != "dumb",
		Color:   terminal && getenv("NO_COLOR") == "" && term != "" && term != "dumb",
	}
}

// Tone is what a piece of text is for; the sixteen colours of the terminal's
// own scheme keep it readable on light and dark.
type Tone int

// The tones.
const (
	Plain  Tone = iota
	Strong      // headings and the main numbers
	Faint       // labels, axes
	Accent      // the load
	Good
	Warning
	Bad
)

var codes = [...]string{Plain: "", Strong: "1", Faint: "2", Accent: "36", Good: "32", Warning: "33", Bad: "31"}

func (s Style) paint(tone Tone, text string) string {
	if !s.Color || tone == Plain || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[" + codes[tone] + "m" + text + "\x1b[0m"
}

// pick returns the character for this style.
func (s Style) pick(unicode, ascii string) string {
	if s.Unicode {
		return unicode
	}
	return ascii
}
