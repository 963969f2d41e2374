// SPDX-License-Identifier: Apache-2.0

// Package lineplot draws curves on logarithmic axes as one SVG picture that can be
// read on a light and on a dark page.
package lineplot

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Picture is one or more panels side by side, two in a row.
type Picture struct {
	Title  string // also what a screen reader says
	Panels []Panel
}

// Panel has two logarithmic axes, so that what grows in proportion to X is a
// straight line of slope one, and what grows faster bends up.
type Panel struct {
	Title  string
	X, Y   string // what the axes show, with the unit
	Curves []Curve
}

// Curve is drawn through its points, sorted by X. Points that are not above zero
// have no place on a logarithmic axis and are left out.
type Curve struct {
	Name   string
	Points []Point
}

// Point is one measurement.
type Point struct{ X, Y float64 }

// Sizes in the picture's own units, which are pixels at its natural size.
const (
	panelWidth, panelHeight       = 480, 340
	left, right, top, bottom      = 62, 18, 34, 46
	titleHeight, legendLine       = 34, 16
	plotWidth                     = panelWidth - left - right
	columns                       = 2
	light, dark              byte = 0, 1
)

// The colours can be told apart by people who are colour-blind; so can the shapes of
// the marks.
var colours = [][2]string{{"#0b5fa5", "#7cc0f8"}, {"#c2410c", "#ff8a5c"}, {"#00755c", "#3fc6a2"}, {"#a1276a", "#f08cc0"}, {"#6a52ad", "#b9a6f2"}, {"#9a5800", "#e3a548"}}

// SVG returns the picture.
func (p Picture) SVG() string {
	legend := 0
	for _, panel := range p.Panels {
		legend = max(legend, (len(panel.Curves)+1)/2*legendLine)
	}
	height := panelHeight + legend
	rows := (len(p.Panels) + columns - 1) / columns
	width := panelWidth * min(columns, max(1, len(p.Panels)))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[2]d" width="%[1]d" height="%[2]d" role="img" aria-label="%[3]s">`+"\n", width, titleHeight+rows*height, html.EscapeString(p.Title))
	b.WriteString(style())
	fmt.Fprintf(&b, `<rect class="page" width="100%%" height="100%%"/><text class="title" x="16" y="24">%s</text>`+"\n", html.EscapeString(p.Title))
	for i, panel := range p.Panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%columns*panelWidth, titleHeight+i/columns*height)
		panel.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func style() string {
	scheme := func(which byte, page, ink, muted, grid string) string {
		var b strings.Builder
		fmt.Fprintf(&b, ".page{fill:%s}text{fill:%s}.muted{fill:%s}.grid{stroke:%s}.frame{stroke:%s}", page, ink, muted, grid, muted)
		for i, pair := range colours {
			fmt.Fprintf(&b, ".c%[1]d{stroke:%[2]s}.m%[1]d{fill:%[2]s}", i, pair[which])
		}
		return b.String()
	}
	return "<style>text{font:12px system-ui,sans-serif}.title{font-weight:600;font-size:15px}.name{font-weight:600}.curve{fill:none;stroke-width:2}.frame{fill:none}" +
		scheme(light, "#ffffff", "#1b1f24", "#59616c", "#e3e5e8") +
		"@media(prefers-color-scheme:dark){" + scheme(dark, "#15191e", "#e6e9ed", "#9aa4b0", "#2a3037") + "}</style>\n"
}

func (p Panel) draw(b *strings.Builder) {
	var xs, ys []float64
	for _, c := range p.Curves {
		for _, point := range c.drawable() {
			xs, ys = append(xs, point.X), append(ys, point.Y)
		}
	}
	x, y := newAxis(xs, left, panelWidth-right), newAxis(ys, panelHeight-bottom, top)
	fmt.Fprintf(b, `<text class="name" x="%d" y="20">%s</text>`+"\n", left, html.EscapeString(p.Title))
	for _, tick := range x.ticks() {
		at := x.place(tick)
		fmt.Fprintf(b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text class="muted" text-anchor="middle" x="%.1f" y="%d">%s</text>`+"\n", at, at, top, panelHeight-bottom, at, panelHeight-bottom+16, number(tick))
	}
	for _, tick := range y.ticks() {
		at := y.place(tick)
		fmt.Fprintf(b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text class="muted" text-anchor="end" x="%d" y="%.1f">%s</text>`+"\n", left, panelWidth-right, at, at, left-6, at+4, number(tick))
	}
	fmt.Fprintf(b, `<rect class="frame" x="%d" y="%d" width="%d" height="%d"/>`+"\n", left, top, plotWidth, panelHeight-top-bottom)
	fmt.Fprintf(b, `<text class="muted" text-anchor="middle" x="%d" y="%d">%s</text>`+"\n", left+plotWidth/2, panelHeight-bottom+34, html.EscapeString(p.X))
	fmt.Fprintf(b, `<text class="muted" text-anchor="middle" transform="translate(14 %d) rotate(-90)">%s</text>`+"\n", (top+panelHeight-bottom)/2, html.EscapeString(p.Y))
	for i, c := range p.Curves {
		k := i % len(colours)
		var path []string
		var marks strings.Builder
		for _, point := range c.drawable() {
			px, py := x.place(point.X), y.place(point.Y)
			path = append(path, fmt.Sprintf("%.1f,%.1f", px, py))
			marks.WriteString(mark(k, px, py))
		}
		fmt.Fprintf(b, `<polyline class="curve c%d" points="%s"/>%s`+"\n", k, strings.Join(path, " "), marks.String())
		lx, ly := left+i%2*plotWidth/2, panelHeight+i/2*legendLine+4
		fmt.Fprintf(b, `%s<text x="%d" y="%d">%s</text>`+"\n", mark(k, float64(lx+5), float64(ly)), lx+14, ly+4, html.EscapeString(c.Name))
	}
}

// mark alternates between disc, square and diamond.
func mark(k int, x, y float64) string {
	switch k % 3 {
	case 0:
		return fmt.Sprintf(`<circle class="m%d" cx="%.1f" cy="%.1f" r="4"/>`, k, x, y)
	case 1:
		return fmt.Sprintf(`<rect class="m%d" x="%.1f" y="%.1f" width="7" height="7"/>`, k, x-3.5, y-3.5)
	default:
		return fmt.Sprintf(`<path class="m%d" d="M%.1f %.1fl5 5l-5 5l-5-5z"/>`, k, x, y-5)
	}
}

func (c Curve) drawable() []Point {
	points := slices.DeleteFunc(slices.Clone(c.Points), func(p Point) bool { return !(p.X > 0 && p.Y > 0) })
	slices.SortFunc(points, func(a, b Point) int { return cmp.Compare(a.X, b.X) })
	return points
}

// axis places a value between two ends of the picture, by its logarithm.
type axis struct{ low, high, from, to float64 }

// newAxis spans the values, from a power of ten to one, or to half of one.
func newAxis(values []float64, from, to float64) axis {
	if len(values) == 0 {
		return axis{0, 1, from, to}
	}
	low := math.Floor(math.Log10(slices.Min(values)))
	most := math.Log10(slices.Max(values))
	high := math.Ceil(most)
	if half := high - 1 + math.Log10(5); most <= half+1e-9 { // a logarithm is rounded
		high = half
	}
	if high <= low {
		high = low + 1
	}
	return axis{low, high, from, to}
}

func (a axis) place(value float64) float64 {
	return a.from + (math.Log10(value)-a.low)/(a.high-a.low)*(a.to-a.from)
}

// ticks are the powers of ten.
func (a axis) ticks() []float64 {
	var all []float64
	for e := a.low; e <= a.high+1e-9; e++ {
		all = append(all, math.Pow(10, e))
	}
	return all
}

// number writes thousands with a separator and no more digits than needed.
func number(v float64) string {
	if v < 1000 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	text := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
