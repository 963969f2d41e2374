// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// TestScreenshots makes pictures like those of docs/reports, of two runs that
// were made up unless -results names two files.
func TestScreenshots(t *testing.T) {
	if *screenshots == "" {
		t.Skip("only with -screenshots")
	}
	save := func(name string, p *tab) {
		t.Helper()
		png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if len(png) > 250_000 {
			t.Errorf("%s has %d bytes, more than 250,000", name, len(png))
		}
		if err := os.WriteFile(filepath.Join(*screenshots, name), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scroll := func(p *tab) { eval[chromedp.Void](p, `document.querySelector('.charts').scrollIntoView()`) }
	hover := func(p *tab, second float64) {
		y := eval[float64](p, `(() => { const box = document.querySelector('#chart-load .plot').getBoundingClientRect(); return box.top + box.height / 2; })()`)
		top := eval[float64](p, `scrollY`)
		x, _ := p.place("load", second)
		eval[chromedp.Void](p, fmt.Sprintf(`scrollTo(0, %g)`, top))
		p.mouse(input.DispatchMouseEventTypeMouseMoved, x, y)
	}
	other := benchmark
	other.seed, other.median, other.faults = 43, 1.9, false
	run, second := benchmark.document(t), other.document(t)
	if files := strings.Split(*results, ","); len(files) == 2 {
		run, second = read(t, files[0]), read(t, files[1])
	}
	night := desktop
	night.dark = true
	tall := desktop
	tall.height = 1080

	save("summary.png", open(t, desktop, run))

	p := open(t, tall, run)
	scroll(p)
	hover(p, 211.5)
	save("charts-light.png", p)

	night.height = tall.height
	p = open(t, night, run)
	scroll(p)
	hover(p, 211.5)
	save("charts-dark.png", p)

	p = open(t, tall, run)
	p.drag("metric", 0, 60)
	scroll(p)
	hover(p, 27.5)
	save("zoomed.png", p)

	p = open(t, tall, run, second)
	save("comparison.png", p)
	scroll(p)
	save("comparison-charts.png", p)

	p = open(t, phone, run)
	save("phone-summary.png", p)
	scroll(p)
	save("phone-charts.png", p)
}

func read(t *testing.T, name string) *result.Document {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := result.Read(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return document
}
