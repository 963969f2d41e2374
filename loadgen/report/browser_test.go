// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// The tests with a browser need Chromium, which `make browser-test` installs
// and names. Everything else in this package is tested without it.
const browserVariable = "CHROMIUM"

var (
	screenshots = flag.String("screenshots", "", "folder to write the pictures of docs/reports into")
	results     = flag.String("results", "", "two results to take pictures of, separated by a comma; empty for made-up ones")
)

// chromium is one browser for all tests of a package run.
var chromium = sync.OnceValues(func() (context.Context, error) {
	// The defaults of chromedp also spare /dev/shm, which containers lack.
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(os.Getenv(browserVariable)),
		chromedp.NoSandbox, // root has none
		chromedp.Flag("hide-scrollbars", true),
	)
	allocator, _ := chromedp.NewExecAllocator(browserContext, options...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

var (
	browserContext context.Context
	endBrowser     context.CancelFunc
)

func TestMain(m *testing.M) {
	browserContext, endBrowser = context.WithCancel(context.Background())
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// tab is a page in the browser, and all errors that it reported.
type tab struct {
	*testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

type viewport struct {
	width, height int64
	touch         bool
	dark          bool
}

var (
	desktop = viewport{width: 1440, height: 900}
	phone   = viewport{width: 390, height: 844, touch: true}
)

// open shows the report of one run, or the comparison of two.
func open(t *testing.T, view viewport, documents ...*result.Document) *tab {
	t.Helper()
	if os.Getenv(browserVariable) == "" {
		t.Skip("needs a browser: make browser-test")
	}
	var page bytes.Buffer
	var err error
	if len(documents) == 2 {
		err = WriteCompare(&page, documents[0], documents[1], again)
	} else {
		err = Write(&page, documents[0], again)
	}
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	parent, err := chromium()
	if err != nil {
		t.Fatalf("starting %s: %v", os.Getenv(browserVariable), err)
	}
	ctx, closeTab := chromedp.NewContext(parent)
	t.Cleanup(closeTab)
	p := &tab{T: t, ctx: ctx}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	p.ctx = ctx
	scheme := "light"
	if view.dark {
		scheme = "dark"
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: view.width, Height: view.height, DeviceScaleFactor: 1, Mobile: view.touch})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: view.touch, MaxTouchPoints: 2})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	p.do(chromedp.Navigate("file://"+file), chromedp.WaitReady(chromedp.CSS("#charts[data-ready]")))
	t.Cleanup(func() { p.quiet(file) })
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			p.problems = append(p.problems, "console: "+string(e.Args[0].Value))
		}
	case *log.EventEntryAdded:
		p.problems = append(p.problems, "log: "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	}
}

// quiet requires that the page requested only itself, and reported no errors.
// It is checked after every test.
func (p *tab) quiet(file string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.Errorf("the page complains: %s", problem)
	}
	own := 0
	for _, url := range p.requests {
		if url == "file://"+file {
			own++
			continue
		}
		if !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
			p.Errorf("the page asks for %s", url)
		}
	}
	if own == 0 {
		p.Errorf("the page itself is not among its requests %q: they were not seen", p.requests)
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// call runs a command of the DevTools protocol.
func call[P, R any](p *tab, command cdp.Command[P, R], params P) R {
	p.Helper()
	result, err := chromedp.Call(p.ctx, command, params)
	if err != nil {
		p.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// eval runs a script in the page, which may return a promise.
func eval[T any](p *tab, script string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%v\nin %s", err, script)
	}
	return value
}
