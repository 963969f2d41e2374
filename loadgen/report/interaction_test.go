// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// place returns where a second is in the window, in the middle of a chart's plot.
func (p *tab) place(id string, second float64) (x, y float64) {
	p.Helper()
	box := eval[struct{ Left, Top, Width, Height float64 }](p, fmt.Sprintf(`(() => {
		const svg = document.querySelector('#chart-%s .plot svg');
		svg.scrollIntoView({ block: 'center' });
		const box = svg.getBoundingClientRect();
		return { Left: box.left, Top: box.top, Width: box.width, Height: box.height };
	})()`, id))
	c := p.chart(id)
	axis := newAxis(p.T, c.X, false, func(text string) float64 { return seconds60(p.T, text) })
	return box.Left + axis.pixel(second)*box.Width/c.Width, box.Top + box.Height/2
}

func (p *tab) mouse(kind input.DispatchMouseEventType, x, y float64) {
	p.Helper()
	event := input.DispatchMouseEventParams{Type: kind, X: x, Y: y}
	if kind != input.DispatchMouseEventTypeMouseMoved {
		event.Button, event.ClickCount = input.MouseButtonLeft, 1
	}
	call(p, input.DispatchMouseEvent, event)
}

// drag moves the pointer with its button down from one second to another.
func (p *tab) drag(id string, from, to float64) {
	p.Helper()
	x0, y := p.place(id, from)
	x1, _ := p.place(id, to)
	p.mouse(input.DispatchMouseEventTypeMousePressed, x0, y)
	for i := range 6 {
		call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved, Button: input.MouseButtonLeft, Buttons: 1, X: x0 + (x1-x0)*float64(i)/5, Y: y})
	}
	p.mouse(input.DispatchMouseEventTypeMouseReleased, x1, y)
	p.frame()
}

// frame waits until the requested frame is drawn.
func (p *tab) frame() {
	p.Helper()
	eval[bool](p, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
}

// shown returns the time range of a chart, read from its axis.
func (p *tab) shown(id string) (from, to float64) {
	p.Helper()
	c := p.chart(id)
	axis := newAxis(p.T, c.X, false, func(text string) float64 { return seconds60(p.T, text) })
	edges := eval[[]float64](p, fmt.Sprintf(`[...document.querySelectorAll('#chart-%s .grid line')].filter((n) => n.getAttribute('y1') === n.getAttribute('y2')).slice(0, 1).flatMap((n) => [Number(n.getAttribute('x1')), Number(n.getAttribute('x2'))])`, id))
	return axis.value(edges[0]), axis.value(edges[1])
}

func (p *tab) wantShown(what string, from, to, tolerance float64) {
	p.Helper()
	for _, id := range []string{"load", "replicas"} {
		gotFrom, gotTo := p.shown(id)
		if math.Abs(gotFrom-from) > tolerance || math.Abs(gotTo-to) > tolerance {
			p.Errorf("%s: %s shows %.1f to %.1f s, want %.1f to %.1f", what, id, gotFrom, gotTo, from, to)
		}
	}
}

func TestZoom(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	start, end := p.shown("load")
	p.drag("latency", 60, 180)
	p.wantShown("dragging", 60, 180, 1)
	// The values go with their axis.
	offered := make([]float64, len(run.Seconds))
	for i := range offered {
		offered[i] = math.NaN()
		if i >= 60 && i < 180 {
			offered[i] = float64(run.Seconds[i].Offered)
		}
	}
	c := p.chart("load")
	x, y := p.axes(c, false)
	for _, line := range corners(t, c.Paths["offered"]) {
		for _, at := range line {
			second := int(math.Floor(x.value(at.x)))
			if want := float64(run.Seconds[second].Offered); math.Abs(y.value(at.y)-want) > 0.1 {
				t.Fatalf("zoomed in, second %d is drawn as %g, want %g", second, y.value(at.y), want)
			}
		}
	}

	at, height := p.place("load", 120)
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMousePressed, X: at, Y: height, Button: input.MouseButtonLeft, ClickCount: 1})
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseReleased, X: at, Y: height, Button: input.MouseButtonLeft, ClickCount: 1})
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMousePressed, X: at, Y: height, Button: input.MouseButtonLeft, ClickCount: 2})
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseReleased, X: at, Y: height, Button: input.MouseButtonLeft, ClickCount: 2})
	p.frame()
	p.wantShown("a double click", start, end, 0.1)

	p.drag("replicas", 20, 40)
	p.wantShown("dragging again", 20, 40, 1)
	p.do(chromedp.KeyEvent(kb.Escape))
	p.frame()
	p.wantShown("Escape", start, end, 0.1)

	p.drag("load", 100, 200)
	eval[any](p, `document.getElementById('reset').click(), 0`)
	p.frame()
	p.wantShown("the button", start, end, 0.1)

	// Ctrl and the wheel keep the second under the pointer where it is. A delta
	// of 0 would be left out of the message, which the browser refuses.
	at, height = p.place("load", 200)
	call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseWheel, X: at, Y: height, DeltaX: 1e-9, DeltaY: -50, Modifiers: int64(kb.ModifierCtrl)})
	if err := chromedp.Do(p.ctx, chromedp.WaitEnabled(chromedp.CSS("#reset"))); err != nil {
		t.Fatal(err)
	}
	from, to := p.shown("load")
	if after, _ := p.place("load", 200); math.Abs(after-at) > 1 || math.Abs((to-from)/(end-start)-0.5) > 0.01 {
		t.Errorf("the wheel shows %.1f to %.1f s and moves second 200 from %.1f to %.1f pixels", from, to, at, after)
	}
}

// value returns what the legend says of a series at the cursor.
func (p *tab) value(key string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector('[data-key="%s"] .value').textContent`, key))
}

func (p *tab) wantReadout(run *result.Document, second int) {
	p.Helper()
	s := run.Seconds[second]
	sample := run.Timeline.Samples[0]
	for _, next := range run.Timeline.Samples {
		if next.T <= float64(second)+0.5 {
			sample = next
		}
	}
	want := map[string]string{
		"offered": fmt.Sprint(s.Offered), "achieved": fmt.Sprint(s.Completed), "dropped": fmt.Sprint(s.Dropped), "planned": measured(*rounded(s.ExpectedRate)),
		"p50": measured(quantileOf(0.5)(s)), "p90": measured(quantileOf(0.9)(s)), "p99": measured(quantileOf(0.99)(s)), "max": measured(quantileOf(1)(s)),
		"problem-5xx": fmt.Sprint(s.Classes["5xx"]), "problem-connection_reset": fmt.Sprint(s.Errors["connection_reset"]),
		"metric": measured(*rounded(*sample.Metric)), "ready": fmt.Sprint(sample.Ready), "desired": fmt.Sprint(sample.Desired),
	}
	for key, text := range want {
		if got := p.value(key); got != text {
			p.Errorf("second %d: %s reads %q, want %q", second, key, got, text)
		}
	}
	if got := eval[string](p, `document.getElementById('cursor-time').textContent`); got != clock(float64(second)) {
		p.Errorf("the time reads %q, want %q", got, clock(float64(second)))
	}
	if lines := eval[int](p, `document.querySelectorAll('.cursor line').length`); lines != 6 {
		p.Errorf("the cross-hair runs across %d charts, want 6", lines)
	}
}

func TestReadout(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	x, y := p.place("metric", 211.5)
	p.mouse(input.DispatchMouseEventTypeMouseMoved, x, y)
	p.wantReadout(run, 211)

	// Keys move on from there, and the slider reports it to screen readers.
	eval[any](p, `document.getElementById('cursor').focus(), 0`)
	p.do(chromedp.KeyEvent(kb.ArrowRight))
	p.wantReadout(run, 212)
	p.do(chromedp.KeyEvent(kb.ArrowLeft, chromedp.KeyModifiers(kb.ModifierShift)))
	p.wantReadout(run, 202)
	spoken := eval[string](p, `document.getElementById('cursor').getAttribute('aria-valuetext')`)
	for _, part := range []string{"3:22", fmt.Sprintf("offered %d", run.Seconds[202].Offered), "p99 " + measured(quantileOf(0.99)(run.Seconds[202])) + " ms", "ready 5"} {
		if !strings.Contains(spoken, part) {
			t.Errorf("the slider says %q without %q", spoken, part)
		}
	}
	// The table has the same numbers.
	eval[any](p, `document.getElementById('seconds').open = true`)
	p.do(chromedp.WaitReady(chromedp.CSS("#seconds tbody tr")))
	rows := eval[[]string](p, `[...document.querySelectorAll('#seconds tbody tr')].filter((r) => r.cells[0].textContent === '3:22').map((r) => [...r.cells].map((c) => c.textContent).join('|'))`)
	if len(rows) != 1 || !strings.Contains(rows[0], "|"+fmt.Sprint(run.Seconds[202].Offered)+"|") {
		t.Errorf("the row of second 202 is %q", rows)
	}
}

func TestNamesHideAndShow(t *testing.T) {
	p := open(t, desktop, benchmark.document(t))
	for _, want := range []bool{false, true} {
		eval[any](p, `document.querySelector('[data-key="offered"]').click(), 0`)
		_, drawn := p.chart("load").Paths["offered"]
		pressed := eval[string](p, `document.querySelector('[data-key="offered"]').getAttribute('aria-pressed')`)
		if drawn != want || pressed != fmt.Sprint(want) {
			t.Errorf("offered is drawn: %t, its button pressed: %s; want %t", drawn, pressed, want)
		}
	}
}

func TestTouch(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, phone, run)
	touch := func(kind input.DispatchTouchEventType, xs ...float64) {
		t.Helper()
		_, y := p.place("latency", 100)
		points := []*input.TouchPoint{}
		for i, x := range xs {
			id := float64(i)
			points = append(points, &input.TouchPoint{X: x, Y: y, ID: &id})
		}
		call(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: points})
	}
	x, _ := p.place("latency", 211.5)
	touch(input.DispatchTouchEventTypeTouchStart, x)
	touch(input.DispatchTouchEventTypeTouchEnd)
	time := eval[string](p, `document.getElementById('cursor-time').textContent`)
	second := int(seconds60(t, time))
	if second < 209 || second > 213 {
		t.Fatalf("a touch at second 211 reads %q", time)
	}
	p.wantReadout(run, second)

	// Spreading two fingers shows less time, around where they were.
	from, to := p.shown("latency")
	left, _ := p.place("latency", 200)
	right, _ := p.place("latency", 300)
	touch(input.DispatchTouchEventTypeTouchStart, left, right)
	touch(input.DispatchTouchEventTypeTouchMove, left-20, right+20)
	touch(input.DispatchTouchEventTypeTouchMove, left-40, right+40)
	touch(input.DispatchTouchEventTypeTouchEnd)
	p.frame()
	gotFrom, gotTo := p.shown("latency")
	want := (to - from) * (right - left) / (right - left + 80)
	if math.Abs(gotTo-gotFrom-want) > 3 || gotFrom > 200 || gotTo < 300 {
		t.Errorf("pinching shows %.0f to %.0f s, want about %.0f s around 200 to 300", gotFrom, gotTo, want)
	}
}

// luminance is that of WCAG 2, from a colour that the browser computed.
const contrastScript = `
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const luminance = (colour) => {
	canvas.fillStyle = colour;
	canvas.fillRect(0, 0, 1, 1);
	const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue('--' + name).trim();
`

func TestThemes(t *testing.T) {
	run := benchmark.document(t)
	look := func(p *tab) (ground, line string) {
		return eval[string](p, `getComputedStyle(document.body).backgroundColor`), eval[string](p, `document.querySelector('[data-series="achieved"]').getAttribute('stroke')`)
	}
	light := open(t, desktop, run)
	lightGround, lightLine := look(light)
	night := desktop
	night.dark = true
	dark := open(t, night, run)
	darkGround, darkLine := look(dark)
	if lightGround == darkGround || lightLine == darkLine {
		t.Errorf("light is %s with lines in %s, dark %s with lines in %s", lightGround, lightLine, darkGround, darkLine)
	}
	for _, p := range []*tab{light, dark} {
		weak := eval[[]string](p, `(() => {`+contrastScript+`
			const out = [];
			const check = (name, ground, least) => { const c = contrast(colour(name), colour(ground)); if (!(c >= least)) out.push(name + ' on ' + ground + ': ' + c.toFixed(2)); };
			for (const ground of ['page', 'surface']) {
				for (const name of ['ink', 'muted', 'link', 'target']) check(name, ground, 4.5);
				for (const name of ['planned', 'achieved', 'dropped', 'p50', 'p90', 'p99', 'max', 'metric', 'ready', 'desired', 'event-hpa', 'event-other', 'warning', 'run0', 'run1', 'problem0', 'problem1', 'problem2', 'problem3', 'problem4', 'problem5']) check(name, ground, 3);
			}
			check('warn-ink', 'warn-soft', 4.5);
			check('ink', 'soft', 4.5);
			return out;
		})()`)
		if len(weak) > 0 {
			t.Errorf("too little contrast: %v", weak)
		}
	}
	eval[any](dark, `document.getElementById('theme').click(), 0`)
	if ground, line := look(dark); ground != lightGround || line != lightLine {
		t.Errorf("after the switch it is %s with lines in %s, want %s and %s", ground, line, lightGround, lightLine)
	}
	// The system's theme applies until one is chosen.
	call(light, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
	light.frame()
	if ground, line := look(light); ground != darkGround || line != darkLine {
		t.Errorf("after sunset it is %s with lines in %s, want %s and %s", ground, line, darkGround, darkLine)
	}
}

func TestPrintsOnWhite(t *testing.T) {
	night := desktop
	night.dark = true
	p := open(t, night, benchmark.document(t))
	eval[any](p, `addEventListener('beforeprint', () => { window.printed = document.querySelector('[data-series="achieved"]').getAttribute('stroke') + getComputedStyle(document.documentElement).getPropertyValue('--ink'); }), 0`)
	paper := call(p, cdppage.PrintToPDF, cdppage.PrintToPDFParams{})
	if len(paper.Data) < 10_000 {
		t.Errorf("the print has %d bytes", len(paper.Data))
	}
	if got := eval[string](p, `window.printed`); got != "#0b5fa5#1b1f24" {
		t.Errorf("printed in %q, want the light colours", got)
	}
	if got := eval[string](p, `document.querySelector('[data-series="achieved"]').getAttribute('stroke')`); got == "#0b5fa5" {
		t.Error("the screen stays light after printing")
	}
}

func TestPhoneFits(t *testing.T) {
	long := benchmark.document(t)
	long.Timeline.Events[0].Message = strings.Repeat("word", 60)
	pages := map[string][]*result.Document{"report": {long}, "comparison": {long, benchmark.document(t)}}
	for name, documents := range pages {
		for _, width := range []int64{320, 390, 768} {
			view := phone
			view.width = width
			p := open(t, view, documents...)
			eval[any](p, `document.getElementById('seconds').open = true`)
			if got := eval[int64](p, `document.documentElement.scrollWidth`); got > width {
				wide := eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll('body *')].filter((n) => !n.closest('.scroll') && n.getBoundingClientRect().right > %d + 1).map((n) => n.tagName + '.' + (n.className.baseVal ?? n.className))`, width))
				t.Errorf("%s: %d pixels wide on a screen of %d: %v", name, got, width, wide)
			}
		}
	}
}

func TestSavesImages(t *testing.T) {
	p := open(t, desktop, benchmark.document(t))
	folder := t.TempDir()
	call(p, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, EventsEnabled: new(true), BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID})
	p.drag("load", 60, 180)
	for _, button := range []struct {
		selector, name string
		charts         int
	}{
		{`#chart-latency [data-save="svg"]`, "latency.svg", 1}, {`#chart-replicas [data-save="png"]`, "replicas.png", 1},
		{`[data-save-all="svg"]`, "charts.svg", 6}, {`[data-save-all="png"]`, "charts.png", 6},
	} {
		name := filepath.Join(folder, "loadgen-20261123-205841-"+button.name)
		progress, err := chromedp.Run(p.ctx, chromedp.WaitEvent(browser.DownloadProgress, func(e browser.EventDownloadProgress) bool {
			return e.State != browser.DownloadProgressStateInProgress
		}, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('%s').click()`, button.selector))))
		if err != nil || progress.State != browser.DownloadProgressStateCompleted {
			t.Fatalf("%s: %v %v", button.name, progress, err)
		}
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "png") {
			wantPicture(t, button.name, file)
			continue
		}
		wantVectors(t, button.name, file, button.charts)
	}
}

// wantPicture requires a PNG of twice the size, with more than its background.
func wantPicture(t *testing.T, name string, file []byte) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	bounds := picture.Bounds()
	if bounds.Dx() != 2400 {
		t.Errorf("%s is %d pixels wide, want 2400", name, bounds.Dx())
	}
	colours := map[[3]uint32]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y += 2 {
		for x := bounds.Min.X; x < bounds.Max.X; x += 2 {
			r, g, b, _ := picture.At(x, y).RGBA()
			colours[[3]uint32{r >> 8, g >> 8, b >> 8}]++
		}
	}
	if len(colours) < 20 || colours[[3]uint32{255, 255, 255}] == 0 {
		t.Errorf("%s has only %d colours", name, len(colours))
	}
}

// wantVectors requires a self-contained document: well-formed, drawn, in the
// range that was on the screen, and without references to the page.
func wantVectors(t *testing.T, name string, file []byte, charts int) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(file))
	inner, series, titles := 0, 0, ""
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "svg" {
				inner++
			}
			for _, attribute := range token.Attr {
				if attribute.Name.Local == "data-series" {
					series++
				}
				if attribute.Name.Local == "href" || attribute.Name.Local == "class" && strings.Contains(attribute.Value, "cursor") {
					t.Errorf("%s has %s=%q", name, attribute.Name.Local, attribute.Value)
				}
			}
		case xml.CharData:
			titles += string(token) + "|"
		}
	}
	if inner != charts+1 || series < charts {
		t.Errorf("%s has %d charts with %d series, want %d charts", name, inner-1, series, charts)
	}
	for _, text := range []string{"Latency", "p99", "1:00", "2:00", "http://localhost:80/heavywork"} {
		if !strings.Contains(titles, text) {
			t.Errorf("%s does not say %q", name, text)
		}
	}
	if strings.Contains(titles, "|5:00|") || strings.Contains(string(file), "var(") {
		t.Errorf("%s shows another range of time than the screen, or names colours of the page", name)
	}
}

func TestHostileTextStaysText(t *testing.T) {
	p := open(t, desktop, hostile(t))
	if got := eval[bool](p, `'hacked' in window`); got {
		t.Error("text of the data was run")
	}
	if got := eval[int](p, `document.querySelectorAll('img, iframe, script[src]').length`); got != 0 {
		t.Errorf("text of the data became %d elements", got)
	}
	if text := eval[string](p, `document.querySelector('.events').innerText`); !strings.Contains(text, evil) {
		t.Errorf("the event reads %q, want it as it was", text)
	}
	if marks := p.chart("events").Events; !strings.Contains(marks[0], evil) {
		t.Errorf("the mark reads %q", marks[0])
	}
}
