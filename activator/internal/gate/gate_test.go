// SPDX-License-Identifier: Apache-2.0

package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

// port is a gate on a real port.
type port struct {
	t       *testing.T
	gate    *Gate
	all     *metrics.Metrics
	address string
	needed  atomic.Int32
}

func open(t *testing.T, hold time.Duration, maxHeld int) *port {
	t.Helper()
	p := &port{t: t, all: metrics.New()}
	p.gate = New(hold, maxHeld, p.all.For("app", "web"), func() { p.needed.Add(1) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.address = listener.Addr().String()
	server := p.gate.Server(slog.New(slog.DiscardHandler))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return p
}

// pod serves on a port of its own and returns host:port.
func pod(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !done() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("timed out waiting until %s", what)
		}
	}
}

func (p *port) until(what string, done func() bool) { p.t.Helper(); until(p.t, what, done) }

func (p *port) counted(result metrics.Result, want int) {
	p.t.Helper()
	p.until(fmt.Sprintf("%d requests are counted as %s", want, result), func() bool {
		families, err := p.all.Gatherer().Gather()
		if err != nil {
			p.t.Fatal(err)
		}
		for _, family := range families {
			for _, m := range family.GetMetric() {
				for _, label := range m.GetLabel() {
					if family.GetName() == "activator_requests_total" && label.GetValue() == string(result) {
						return m.GetCounter().GetValue() == float64(want)
					}
				}
			}
		}
		return false
	})
}

// raw sends a text over a connection of its own and returns the answer.
func (p *port) raw(text string) (net.Conn, *bufio.Reader) {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, text); err != nil {
		p.t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func reply(t *testing.T, from *bufio.Reader, method string) (*http.Response, string) {
	t.Helper()
	answer, err := http.ReadResponse(from, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestARequestIsHeldUntilAPodIsReady(t *testing.T) {
	p := open(t, patience, 10)
	_, answers := p.raw("POST /work HTTP/1.1\r\nHost: web.example\r\nContent-Length: 4\r\n\r\nbody")
	p.until("it is held", func() bool { return p.gate.Held() == 1 })
	if p.needed.Load() != 1 {
		t.Errorf("the controller was called %d times, want once", p.needed.Load())
	}
	var closes atomic.Bool
	p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, r *http.Request) {
		closes.Store(r.Close)
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s", r.Host, r.URL, body)
	})})
	answer, body := reply(t, answers, "POST")
	if answer.StatusCode != 200 || body != "web.example /work body" {
		t.Errorf("got %d %q", answer.StatusCode, body)
	}
	if !answer.Close || !closes.Load() {
		t.Errorf("connections are kept: the client's %v, the pod's %v", !answer.Close, !closes.Load())
	}
	p.counted(metrics.Served, 1)
	p.until("nothing is held", func() bool { return p.gate.Held() == 0 })
}

func TestARequestPassesWhileAPodIsReady(t *testing.T) {
	p := open(t, patience, 1)
	p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })})
	_, answers := p.raw("GET / HTTP/1.0\r\n\r\n")
	if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 204 {
		t.Errorf("got %d", answer.StatusCode)
	}
	p.counted(metrics.Passed, 1)
	if p.needed.Load() != 0 {
		t.Error("the controller was called for a request that was not held")
	}
}

// Prometheus scrapes every endpoint of a Service, and the activator is one of them.
func TestAScrapeIsNoUse(t *testing.T) {
	p := open(t, patience, 10)
	p.gate.SetReady([]string{pod(t, func(http.ResponseWriter, *http.Request) { t.Error("the scrape reached a pod") })})
	_, answers := p.raw("GET /metrics HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nX-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n")
	if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 503 {
		t.Errorf("got %d, want 503", answer.StatusCode)
	}
	p.counted(metrics.Scrape, 1)
	if uses, _ := p.gate.Uses(); uses != 0 || p.gate.UsedWithin(patience) || p.needed.Load() != 0 {
		t.Errorf("the scrape counts as %d uses, and has called the controller %d times", uses, p.needed.Load())
	}
}

// A pod that accepted the request and broke the connection may have done the work.
func TestARequestIsSentOnce(t *testing.T) {
	var came atomic.Int32
	breaks := func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body)
		came.Add(1)
		panic(http.ErrAbortHandler)
	}
	p := open(t, patience, 1)
	p.gate.SetReady([]string{pod(t, breaks), pod(t, breaks)})
	_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\nIdempotency-Key: 1\r\n\r\n")
	if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 502 || came.Load() != 1 {
		t.Errorf("got %d, and pods received it %d times; want 502 and once", answer.StatusCode, came.Load())
	}
	p.counted(metrics.BadReply, 1)
}

// refuses returns the address of a port without a listener.
func refuses(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestAnotherPodIsTriedWhereNothingWasSent(t *testing.T) {
	p := open(t, patience, 1)
	closed, good := refuses(t), pod(t, func(http.ResponseWriter, *http.Request) {})
	for range 10 { // pods are chosen at random
		p.gate.SetReady([]string{closed, good, refuses(t)})
		_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 200 {
			t.Fatalf("got %d", answer.StatusCode)
		}
	}
}

func TestAPodThatIsReadyBeforeItsPortIsOpen(t *testing.T) {
	p := open(t, patience, 1)
	address := refuses(t)
	p.gate.SetReady([]string{address})
	_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	p.until("it is held", func() bool { return p.gate.Held() == 1 })
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 200 {
		t.Errorf("got %d", answer.StatusCode)
	}
}

func TestBounds(t *testing.T) {
	t.Run("number", func(t *testing.T) {
		p := open(t, patience, 2)
		for range 2 {
			p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		}
		p.until("two are held", func() bool { return p.gate.Held() == 2 })
		_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		wantUnavailable(t, answers)
		p.counted(metrics.Full, 1)
		if p.gate.Held() != 2 {
			t.Errorf("%d requests are held, want 2", p.gate.Held())
		}
	})
	t.Run("time", func(t *testing.T) {
		p := open(t, time.Millisecond, 2)
		_, answers := p.raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nand no more of it")
		wantUnavailable(t, answers)
		p.counted(metrics.Late, 1)
	})
	t.Run("size of the header", func(t *testing.T) {
		p := open(t, patience, 2)
		_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + strings.Repeat("a", 2*maxHeaderBytes) + "\r\n\r\n")
		if answer, _ := reply(t, answers, "GET"); answer.StatusCode != 431 {
			t.Errorf("got %d, want 431", answer.StatusCode)
		}
	})
	t.Run("a zero by hand", func(t *testing.T) {
		p := open(t, patience, 2)
		_, held := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		p.until("it is held", func() bool { return p.gate.Held() == 1 })
		p.gate.SetStopped(true)
		wantUnavailable(t, held)
		_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		wantUnavailable(t, answers)
		p.counted(metrics.Stopped, 2)
	})
}

func wantUnavailable(t *testing.T, answers *bufio.Reader) {
	t.Helper()
	if answer, body := reply(t, answers, "GET"); answer.StatusCode != 503 || answer.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %q, Retry-After %q; want 503 with it", answer.StatusCode, body, answer.Header.Get("Retry-After"))
	}
}

// The body is not read while a request is held, so net/http does not notice by itself
// that the client of a request with a body has left.
func TestClientsThatGiveUp(t *testing.T) {
	for name, text := range map[string]string{
		"without a body":   "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"with a body":      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
		"in mid-body":      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400\r\n\r\nbody",
		"before its body":  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
		"of an older kind": "GET / HTTP/1.0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS != "linux" && strings.HasPrefix(text, "POST") {
				t.Skip("noticed on Linux only")
			}
			p := open(t, patience, 10)
			conn, answers := p.raw(text)
			p.until("it is held", func() bool { return p.gate.Held() == 1 })
			_ = conn.(*net.TCPConn).CloseWrite()
			if rest, _ := io.ReadAll(answers); len(rest) != 0 {
				t.Errorf("got an answer that no pod has given: %q", rest)
			}
			p.until("nothing is held", func() bool { return p.gate.Held() == 0 })
			p.counted(metrics.GaveUp, 1)
			var came atomic.Int32
			p.gate.SetReady([]string{pod(t, func(http.ResponseWriter, *http.Request) { came.Add(1) })})
			_, other := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			if answer, _ := reply(t, other, "GET"); answer.StatusCode != 200 || came.Load() != 1 {
				t.Errorf("got %d, and the pod received %d requests; want only the second one", answer.StatusCode, came.Load())
			}
		})
	}
}

// A request reaches the pod as it was sent, except for the connection's own headers.
func TestARequestStaysAsItIs(t *testing.T) {
	type seen struct{ line, host, headers string }
	came := make(chan seen, 1)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			reader := textproto.NewReader(bufio.NewReader(conn))
			line, _ := reader.ReadLine()
			header, _ := reader.ReadMIMEHeader()
			host := header.Get("Host")
			for _, own := range []string{"Host", "Connection"} {
				header.Del(own)
			}
			var names []string
			for name, values := range header {
				names = append(names, name+": "+strings.Join(values, "|"))
			}
			slices.Sort(names)
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			_ = conn.Close()
			came <- seen{line, host, strings.Join(names, "\n")}
		}
	}()
	p := open(t, patience, 1)
	p.gate.SetReady([]string{listener.Addr().String()})
	for _, target := range []string{"/", "/a%2Fb//c?x=1;y=%zz&&z", "//double/./dots/..", "/%41?", "/a?q=a+b%20c", "/ü"} {
		for _, method := range []string{"GET", "PROPFIND", "DELETE"} {
			_, answers := p.raw(method + " " + target + " HTTP/1.1\r\nHost: one.example:81\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nForwarded: for=1\r\nAccept-Encoding: br\r\nX-Many: 1\r\nX-Many: 2\r\n\r\n")
			if answer, _ := reply(t, answers, method); answer.StatusCode != 200 {
				t.Fatalf("%s %s: got %d", method, target, answer.StatusCode)
			}
			got := <-came
			want := strings.ReplaceAll(target, "ü", "%C3%BC")
			if got.line != method+" "+want+" HTTP/1.1" || got.host != "one.example:81" {
				t.Errorf("got %q for host %q, want %s %s", got.line, got.host, method, want)
			}
			if got.headers != "Accept-Encoding: br\nForwarded: for=1\nX-Forwarded-For: 1.2.3.4\nX-Forwarded-Proto: https\nX-Many: 1|2" {
				t.Errorf("headers are\n%s", got.headers)
			}
		}
	}
}

func TestBodiesAndTrailersBothWays(t *testing.T) {
	p := open(t, patience, 1)
	p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Answer-Sum")
		reader := bufio.NewReader(r.Body)
		_ = http.NewResponseController(w).EnableFullDuplex()
		for {
			line, err := reader.ReadString('\n')
			_, _ = io.WriteString(w, strings.ToUpper(line))
			_ = http.NewResponseController(w).Flush()
			if err != nil {
				break
			}
		}
		w.Header().Set("Answer-Sum", "of "+r.Trailer.Get("Request-Sum"))
	})})
	conn, answers := p.raw("POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: Request-Sum\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n")
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	body := bufio.NewReader(answer.Body)
	if line, err := body.ReadString('\n'); line != "ONE\n" || err != nil {
		t.Fatalf("while the body is still sent: got %q, error %v", line, err)
	}
	if _, err := io.WriteString(conn, "4\r\ntwo\n\r\n0\r\nRequest-Sum: 7\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(body); string(rest) != "TWO\n" || err != nil {
		t.Errorf("got %q, error %v", rest, err)
	}
	if got := answer.Trailer.Get("Answer-Sum"); got != "of 7" {
		t.Errorf("trailer: got %q", got)
	}
}

// The pod decides whether the body is sent.
func TestContinueIsThePods(t *testing.T) {
	for name, refuse := range map[string]bool{"taken": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			p := open(t, patience, 1)
			conn, answers := p.raw("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
			p.until("it is held", func() bool { return p.gate.Held() == 1 })
			p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, r *http.Request) {
				if refuse {
					w.WriteHeader(413)
					return
				}
				_, _ = io.Copy(w, r.Body)
			})})
			if !refuse {
				if answer, err := http.ReadResponse(answers, nil); err != nil || answer.StatusCode != 100 {
					t.Fatalf("got %+v, error %v, want 100", answer, err)
				}
				if _, err := io.WriteString(conn, "body"); err != nil {
					t.Fatal(err)
				}
			}
			answer, body := reply(t, answers, "POST")
			for !refuse && answer.StatusCode == 100 { // net/http's server and its proxy may each send one (RFC 9110, 15.2)
				answer, body = reply(t, answers, "POST")
			}
			if refuse && answer.StatusCode != 413 || !refuse && (answer.StatusCode != 200 || body != "body") {
				t.Errorf("got %d %q", answer.StatusCode, body)
			}
		})
	}
}

func TestUpgrade(t *testing.T) {
	p := open(t, patience, 1)
	conn, answers := p.raw("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	p.until("it is held", func() bool { return p.gate.Held() == 1 })
	p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "echo" {
			w.WriteHeader(400)
			return
		}
		mine, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer mine.Close()
		_, _ = io.WriteString(mine, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_, _ = io.Copy(mine, buffered)
	})})
	answer, err := http.ReadResponse(answers, nil)
	if err != nil || answer.StatusCode != 101 || answer.Header.Get("Connection") != "Upgrade" {
		t.Fatalf("got %+v, error %v", answer, err)
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := answers.ReadString('\n'); line != "hello\n" || err != nil {
		t.Fatalf("got %q, error %v", line, err)
	}
	if _, open := p.gate.Uses(); !open {
		t.Error("an upgraded connection does not count as a use")
	}
	_ = conn.Close()
	p.until("it is over", func() bool { _, open := p.gate.Uses(); return !open })
}

func TestAnAnswerThatBreaksOffDoesSoForTheClient(t *testing.T) {
	p := open(t, patience, 1)
	p.gate.SetReady([]string{pod(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})})
	_, answers := p.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("got %q as a complete answer", body)
	}
}
