// SPDX-License-Identifier: Apache-2.0

package draw

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var (
	ascii  = Style{}
	blocks = Style{Unicode: true}
	colors = Style{Unicode: true, Color: true}
)

func text(lines []Line, style Style) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text(style, 0) + "\n")
	}
	return b.String()
}

// decay is the default load: 20 requests per second, decaying.
func decay(from, to float64) (float64, bool) {
	total := func(t float64) float64 { return 1000 * (1 - math.Exp(-0.02*t)) }
	return (total(to) - total(from)) / (to - from), true
}

// lower is below the same curve, and only its first half is known.
func lower(from, to float64) (float64, bool) {
	v, _ := decay(from, to)
	return v * 0.6, to <= 100
}

func TestPlotDrawsAreaLineAndAxes(t *testing.T) {
	p := Plot{Width: 44, Height: 8, Duration: 200 * time.Second, Area: lower, Line: decay}
	for _, tt := range []struct {
		name  string
		style Style
		want  string
	}{
		{"blocks", blocks, `
  20┤⠢⡀
    │ ⠈⠢⡀
    │▃▁ ⠈⠑⢄⡀
  10┤██▆▄▂ ⠈⠒⠤⣀
    │██████▇▅▄▃▂▁⠢⠤⢄⣀⡀
    │█████████████▇▇▆▅▅▄⠒⠒⠒⠤⠤⠤⠤⠤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀
   0└───────────────────────────────────────
     0:00             1:40              3:20
`},
		{"ascii", ascii, `
  20|..
    | ...
    |   ....
  10|###   ....
    |########  .......
    |###################....................
   0+---------------------------------------
     0:00             1:40              3:20
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := "\n" + text(p.Lines(tt.style), tt.style); got != tt.want {
				t.Errorf("the plot is%s\nwant%s", got, tt.want)
			}
		})
	}
}

func TestPlotMarksAndLabels(t *testing.T) {
	p := Plot{Width: 44, Height: 5, Duration: 200 * time.Second, Area: decay, Marks: []float64{50, 120}, Label: "requests per second"}
	const want = `
   requests per second
  20|####
    |##########______________________________
   0+---------+-------------+----------------
     0:00     0:50          2:00         3:20
`
	got := "\n" + text(p.Lines(ascii), ascii)
	if !strings.Contains(got, "\n   0+---------+-------------+---") || !strings.Contains(got, "0:00     0:50          2:00") {
		t.Errorf("the plot is%s\nwant about%s", got, want)
	}
}

func TestPlotKeepsToItsSize(t *testing.T) {
	nothing := func(float64, float64) (float64, bool) { return 0, false }
	huge := func(float64, float64) (float64, bool) { return 123456, true }
	for _, curve := range []Curve{decay, lower, nothing, huge, nil} {
		for width := MinWidth - 2; width <= 90; width += 7 {
			for height := MinHeight - 1; height < 20; height++ {
				lines := Plot{Width: width, Height: height, Duration: 7 * time.Second, Area: curve, Line: curve}.Lines(blocks)
				if width < MinWidth || height < MinHeight {
					if lines != nil {
						t.Fatalf("%dx%d: drew something", width, height)
					}
					continue
				}
				if len(lines) != height {
					t.Fatalf("%dx%d: %d lines", width, height, len(lines))
				}
				for _, l := range lines {
					if n := utf8.RuneCountInString(l.Text(blocks, 0)); n > width {
						t.Fatalf("%dx%d: %d columns in %q", width, height, n, l.Text(blocks, 0))
					}
				}
			}
		}
	}
}

func TestLinesAreCutByWhatIsSeen(t *testing.T) {
	var l Line
	l.Add(Strong, "one").Add(Plain, " ").Add(Bad, "zwölf").Pad(12)
	for _, tt := range []struct {
		style Style
		width int
		want  string
	}{
		{blocks, 0, "one zwölf"},
		{blocks, 9, "one zwölf"}, // trailing spaces need no room
		{blocks, 8, "one zwö…"},
		{ascii, 8, "one zwö>"},
		{colors, 0, "\x1b[1mone\x1b[0m \x1b[31mzwölf\x1b[0m"},
		{colors, 6, "\x1b[1mone\x1b[0m \x1b[31mz\x1b[0m…"},
	} {
		if got := l.Text(tt.style, tt.width); got != tt.want {
			t.Errorf("%+v, %d columns: %q, want %q", tt.style, tt.width, got, tt.want)
		}
	}
}

// A server must not be able to move the cursor.
func TestControlCharactersAreNotPassedOn(t *testing.T) {
	var l Line
	if got := l.Add(Plain, "a\x1b[2Jb\nc\rd\xff").Text(ascii, 0); got != "a?[2Jb?c?d?" {
		t.Errorf("text is %q", got)
	}
}

func TestBars(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  Line
		want string
	}{
		{"empty", Bar(blocks, 0, 4, Accent), "····"},
		{"some", Bar(blocks, 0.4, 4, Accent), "█▋··"},
		{"full", Bar(blocks, 1, 4, Accent), "████"},
		{"more than full", Bar(blocks, 7, 4, Accent), "████"},
		{"not a number", Bar(blocks, math.NaN(), 4, Accent), "····"},
		{"ascii", Bar(ascii, 0.5, 4, Accent), "##--"},
		{"gauge below", Gauge(blocks, 0.2, 0.5, 10, Good), "██···┃····"},
		{"gauge above", Gauge(blocks, 0.9, 0.5, 10, Good), "█████┃███·"},
		{"gauge at its end", Gauge(ascii, 0.5, 1, 10, Good), "#####----|"},
		{"pips", Pips(blocks, 2, 3, 5), "■■□··"},
		{"pips beyond the limit", Pips(ascii, 6, 1, 5), "######"},
	} {
		if got := tt.got.Text(blocks, 0); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestStyleOfTheEnvironment(t *testing.T) {
	for _, tt := range []struct {
		name     string
		env      map[string]string
		terminal bool
		want     Style
	}{
		{"usual terminal", map[string]string{"LANG": "en_US.UTF-8", "TERM": "xterm-256color"}, true, Style{true, true}},
		{"file", map[string]string{"LANG": "en_US.UTF-8", "TERM": "xterm"}, false, Style{true, false}},
		{"no colour", map[string]string{"LANG": "C.utf8", "TERM": "xterm", "NO_COLOR": "1"}, true, Style{true, false}},
		{"other locale", map[string]string{"LANG": "C", "TERM": "xterm"}, true, Style{false, true}},
		{"locale overruled", map[string]string{"LANG": "C.UTF-8", "LC_ALL": "POSIX", "TERM": "xterm"}, true, Style{false, true}},
		{"console", map[string]string{"LANG": "C.UTF-8", "TERM": "linux"}, true, Style{false, true}},
		{"dumb", map[string]string{"LANG": "C.UTF-8", "TERM": "dumb"}, true, Style{false, false}},
		{"nothing known", nil, true, Style{false, false}},
	} {
		if got := StyleFor(func(name string) string { return tt.env[name] }, tt.terminal); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestNumbersAsText(t *testing.T) {
	for rate, want := range map[float64]string{0: "0", 0.0123: "0.012", 0.5: "0.5", 1: "1", 9.96: "10", 12.34: "12.3", 99.94: "99.9", 123.4: "123", 5000: "5000", 12345: "12.3k", 123456: "123k"} {
		if got := Rate(rate); got != want {
			t.Errorf("Rate(%v) = %q, want %q", rate, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0:00", 2500 * time.Millisecond: "0:02.5", 90 * time.Second: "1:30", 3661 * time.Second: "1:01:01"} {
		if got := Clock(d); got != want {
			t.Errorf("Clock(%s) = %q, want %q", d, got, want)
		}
	}
	for v, want := range map[float64]float64{0: 1, 1: 1, 20: 20, 20.1: 24, 81: 100, 0.07: 0.08, math.Inf(1): 1} {
		if got := roundUp(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("roundUp(%v) = %v, want %v", v, got, want)
		}
	}
}
