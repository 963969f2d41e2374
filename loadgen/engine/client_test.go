// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Every framing, twice on one connection if that can be reused, and on two if
// it can't.
func TestFramings(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
		status       int
		body         int64
		connections  int64
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, 5, 1},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, 5, 1},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, 0, 1},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, 0, 1},
		{"continue first", "HTTP/1.1 100 Continue\r\n\r\n" + accepted, 202, 0, 1},
		{"early hints first", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + accepted, 202, 0, 1},
		{"kept alive by HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", 200, 2, 1},
		{"long body", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("b", 1e6), 200, 1e6, 1},
		{"closed by the server", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", 200, 2, 2},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, 2, 2},
		{"more than was asked for", accepted + accepted, 202, 0, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted(t, func(_ int64, c *raw) {
				for c.request() {
					c.say(tt.answer)
				}
			})
			result := mustRun(t, oneByOne(s.url, 2, nil))
			if result.Statuses[tt.status] != 2 || result.BytesReceived != 2*tt.body {
				t.Errorf("statuses %v, %d bytes, %v; want twice %d and %d bytes", result.Statuses, result.BytesReceived, result.Errors, tt.status, tt.body)
			}
			if got := s.connections.Load(); got != tt.connections || s.requests.Load() != 2 {
				t.Errorf("%d connections with %d requests, want %d with 2", got, s.requests.Load(), tt.connections)
			}
		})
	}
}

func TestAnswerThatEndsWithTheConnection(t *testing.T) {
	s := scripted(t, func(_ int64, c *raw) {
		c.request()
		c.say("HTTP/1.1 200 OK\r\n\r\nuntil closed")
	})
	result := mustRun(t, oneByOne(s.url, 2, nil))
	if result.Succeeded != 2 || result.BytesReceived != 24 || s.connections.Load() != 2 {
		t.Errorf("counts %+v, %d bytes over %d connections; want two answers of 12 bytes over two", result.Counts, result.BytesReceived, s.connections.Load())
	}
}

// The bytes are those of net/http, so that servers see an ordinary request.
func TestRequestIsThatOfNetHTTP(t *testing.T) {
	var got, want []byte
	record := func(into *[]byte) *script {
		return scripted(t, func(_ int64, c *raw) {
			var seen bytes.Buffer
			c.reader.Reset(io.TeeReader(c.TCPConn, &seen))
			c.request()
			*into = bytes.Clone(seen.Bytes())
			c.say(accepted)
		})
	}
	const path = "/a%20path?with=query&x"
	mine, theirs := record(&got), record(&want)
	result := mustRun(t, Config{Target: strings.Replace(mine.url, "/heavywork", path, 1), Schedule: burst(1)})

	request, err := http.NewRequest(http.MethodPost, strings.Replace(theirs.url, "/heavywork", path, 1), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("User-Agent", "loadgen")
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()

	host := func(s *script) string { return strings.Split(s.url, "/")[2] }
	if mine, theirs := strings.Replace(string(got), host(mine), "HOST", 1), strings.Replace(string(want), host(theirs), "HOST", 1); mine != theirs {
		t.Errorf("sent\n%q\nnet/http sends\n%q", mine, theirs)
	}
	if result.BytesSent != int64(len(got)) {
		t.Errorf("%d bytes sent, %d arrived", result.BytesSent, len(got))
	}
}

// The server closes connections while they are idle, as NGINX does when it gets
// a new configuration. The next request must neither be lost nor sent twice.
func TestConnectionClosedWhileIdleLosesNothing(t *testing.T) {
	const n = 20
	var closed atomic.Int64
	s := scripted(t, func(_ int64, c *raw) {
		if c.request() {
			c.say(accepted)
		}
		c.Close()
		closed.Add(1)
	})
	result := mustRun(t, oneByOne(s.url, n, func(ended int64) bool { return closed.Load() >= ended }))
	if result.Succeeded != n || s.requests.Load() != n {
		t.Errorf("%d of %d requests succeeded, %d were read; %v", result.Succeeded, n, s.requests.Load(), result.Errors)
	}
}

func TestConnectionAbortedWhileIdleLosesNothing(t *testing.T) {
	const n = 20
	var closed atomic.Int64
	s := scripted(t, func(_ int64, c *raw) {
		if c.request() {
			c.say(accepted)
		}
		c.SetLinger(0)
		c.Close()
		closed.Add(1)
	})
	result := mustRun(t, oneByOne(s.url, n, func(ended int64) bool { return closed.Load() >= ended }))
	if result.Succeeded+result.Failed != n || s.requests.Load() != n {
		t.Errorf("counts %+v, %d requests were read, want %d", result.Counts, s.requests.Load(), n)
	}
	// An abort may overtake the answer that was sent before it.
	if other := result.Failed - result.Errors[measure.Reset].Count; other != 0 {
		t.Errorf("errors %v, want resets at most", result.Errors)
	}
}

// Some servers say why they close an idle connection. That answers no request.
func TestWordsOnAnIdleConnectionAreNoAnswer(t *testing.T) {
	var said atomic.Bool
	s := scripted(t, func(n int64, c *raw) {
		if !c.request() {
			return
		}
		c.say(accepted)
		if n == 1 {
			c.say("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			said.Store(true)
		}
		c.untilClosed()
	})
	result := mustRun(t, oneByOne(s.url, 2, func(int64) bool { return said.Load() }))
	if result.Statuses[202] != 2 || s.connections.Load() != 2 {
		t.Errorf("statuses %v over %d connections, want twice 202 over two", result.Statuses, s.connections.Load())
	}
}

// A request that the server has read may have been acted on: it is reported as
// failed and not sent again.
func TestRequestThatWasReadIsNeverSentAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*raw)
		want measure.ErrorKind
	}{
		{"closed", func(*raw) {}, measure.Closed},
		{"aborted", func(c *raw) { c.SetLinger(0) }, measure.Reset},
		{"half an answer", func(c *raw) { c.say("HTTP/1.1 202 Acc") }, measure.Closed},
		{"half a body", func(c *raw) { c.say("HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf") }, measure.Closed},
		{"half the chunks", func(c *raw) {
			c.say("HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
		}, measure.Closed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted(t, func(_ int64, c *raw) {
				if !c.request() {
					return
				}
				c.say(accepted)
				if c.request() { // on a connection that was used before
					tt.end(c)
				}
			})
			result := mustRun(t, oneByOne(s.url, 2, nil))
			if result.Succeeded != 1 || result.Errors[tt.want].Count != 1 {
				t.Errorf("counts %+v, errors %v; want one success and one %s", result.Counts, result.Errors, tt.want)
			}
			if s.requests.Load() != 2 || s.connections.Load() != 1 {
				t.Errorf("server read %d requests over %d connections, want 2 over one", s.requests.Load(), s.connections.Load())
			}
		})
	}
}

// The answer to a request that has timed out must not be taken for the answer
// to the next one.
func TestLateAnswerIsNotTakenForTheNextOne(t *testing.T) {
	release := make(chan struct{})
	s := scripted(t, func(n int64, c *raw) {
		if !c.request() {
			return
		}
		if n == 1 {
			<-release
			c.say("HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n")
			c.untilClosed()
			return
		}
		c.say(accepted)
		c.untilClosed()
	})
	cfg := oneByOne(s.url, 2, nil)
	cfg.Timeout = time.Second
	observe := cfg.Observe
	cfg.Observe = func(p Progress) {
		observe(p)
		if p.Failed > 0 { // however many have failed since the last observation
			select {
			case <-release:
			default:
				close(release)
			}
		}
	}
	result := mustRun(t, cfg)
	if result.Errors[measure.Timeout].Count != 1 || result.Statuses[202] != 1 {
		t.Errorf("statuses %v, errors %v; want a timeout and 202", result.Statuses, result.Errors)
	}
}

func TestTimeoutCoversTheWholeAnswer(t *testing.T) {
	for name, part := range map[string]string{
		"nothing":    "",
		"head":       "HTTP/1.1 202 Acc",
		"body":       "HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf",
		"chunks":     "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"to its end": "HTTP/1.1 202 Accepted\r\n\r\nmore to come",
	} {
		t.Run(name, func(t *testing.T) {
			s := scripted(t, func(_ int64, c *raw) {
				c.request()
				c.say(part)
				c.untilClosed()
			})
			result := mustRun(t, Config{Target: s.url, Schedule: burst(2), Timeout: 30 * time.Millisecond})
			if got := result.Errors[measure.Timeout]; got.Count != 2 || !strings.Contains(got.Example, "30ms") {
				t.Errorf("errors %v, want two timeouts that name the limit", result.Errors)
			}
		})
	}
}

func TestTimeoutCoversTheHandshake(t *testing.T) {
	s := scripted(t, func(_ int64, c *raw) { c.untilClosed() })
	result := mustRun(t, Config{Target: strings.Replace(s.url, "http:", "https:", 1), Schedule: burst(2), Timeout: 30 * time.Millisecond})
	if got := result.Errors[measure.Timeout]; got.Count != 2 {
		t.Errorf("errors %v, want two timeouts", result.Errors)
	}
}

func TestHeadersWithoutEndAreAnError(t *testing.T) {
	s := scripted(t, func(_ int64, c *raw) {
		c.request()
		c.say("HTTP/1.1 200 OK\r\n")
		for {
			if _, err := io.WriteString(c, "X: "+strings.Repeat("x", 1000)+"\r\n"); err != nil {
				return
			}
		}
	})
	result := mustRun(t, Config{Target: s.url, Schedule: burst(1)})
	if got := result.Errors[measure.Other]; got.Count != 1 || !strings.Contains(got.Example, "header") {
		t.Errorf("errors %v, want one about the header", result.Errors)
	}
}

// The server does not read the second request, which is larger than all buffers
// on the way, until the third has arrived: one that can't be written in full
// must not hold back later ones.
func TestRequestThatBlocksHoldsBackNoOther(t *testing.T) {
	third := make(chan struct{})
	firstDone := make(chan struct{})
	s := scripted(t, func(n int64, c *raw) {
		if !c.request() {
			return
		}
		if n == 2 { // the third request: the first connection is still busy
			close(third)
		}
		c.say(accepted)
		if n == 1 {
			close(firstDone)
			<-third
			c.request()
			c.say(accepted)
		}
		c.untilClosed()
	})
	cfg := oneByOne(s.url, 2, nil)
	second := cfg.Schedule.(gated)[0]
	cfg.Schedule = gated{second, firstDone}
	cfg.Target += "?" + strings.Repeat("x", 16<<20)
	cfg.Timeout = 2 * time.Minute // a busy machine needs long for this much, with the race detector
	result := mustRun(t, cfg)
	if result.Succeeded != 3 || s.requests.Load() != 3 || s.connections.Load() != 2 {
		t.Errorf("counts %+v, errors %v, %d requests over %d connections; want 3 over 2", result.Counts, result.Errors, s.requests.Load(), s.connections.Load())
	}
	if want := 3 * int64(len(cfg.Target)); result.BytesSent < want {
		t.Errorf("%d bytes sent, want more than %d", result.BytesSent, want)
	}
}

// The server answers the second request when it has seen its first byte. The
// rest of that request is on its way: nothing else may be written between.
func TestAnswerBeforeTheEndOfTheRequest(t *testing.T) {
	second := make(chan struct{}) // connection
	s := scripted(t, func(n int64, c *raw) {
		if n == 2 {
			close(second)
		}
		if !c.request() {
			return
		}
		c.say(accepted)
		if n == 1 {
			if _, err := c.reader.Peek(1); err != nil {
				return
			}
			c.say(accepted)
			// Without a reader, the request never ends, however slow the client
			// is to read the answer.
			select {
			case <-second:
			case <-t.Context().Done():
			}
			return
		}
		c.untilClosed()
	})
	cfg := oneByOne(s.url, 3, nil)
	cfg.Target += "?" + strings.Repeat("x", 16<<20)
	cfg.Timeout = 2 * time.Minute
	result := mustRun(t, cfg)
	if result.Succeeded != 3 || s.connections.Load() != 2 {
		t.Errorf("counts %+v, errors %v over %d connections; want three answers over two", result.Counts, result.Errors, s.connections.Load())
	}
}

func secureServer(t *testing.T) (*httptest.Server, *tls.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(accept))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	known := x509.NewCertPool()
	known.AddCert(s.Certificate())
	return s, &tls.Config{RootCAs: known}
}

func TestTLS(t *testing.T) {
	s, known := secureServer(t)
	var connections atomic.Int64
	cfg := oneByOne(s.URL, 5, nil)
	cfg.TLS = known.Clone()
	cfg.TLS.VerifyConnection = func(tls.ConnectionState) error { connections.Add(1); return nil }
	result := mustRun(t, cfg)
	if result.Statuses[202] != 5 || connections.Load() != 1 {
		t.Errorf("statuses %v, errors %v, %d handshakes; want five answers over one connection", result.Statuses, result.Errors, connections.Load())
	}
	if cfg.TLS.ServerName != "" {
		t.Error("the configuration of the caller has been changed")
	}
}

func TestTLSBurst(t *testing.T) {
	s, known := secureServer(t)
	result := mustRun(t, Config{Target: s.URL, Schedule: spaced(200, 100*time.Microsecond), TLS: known})
	if result.Statuses[202] != 200 {
		t.Errorf("statuses %v, errors %v; want 200 answers", result.Statuses, result.Errors)
	}
}

func TestTLSRefusesAnotherName(t *testing.T) {
	s, known := secureServer(t)
	known.ServerName = "somebody.else"
	result := mustRun(t, Config{Target: s.URL, Schedule: burst(2), TLS: known})
	if result.Errors[measure.TLS].Count != 2 {
		t.Errorf("statuses %v, errors %v; want two errors of the certificate", result.Statuses, result.Errors)
	}
}

// A server that closes idle TLS connections in the orderly way.
func TestTLSConnectionClosedWhileIdleLosesNothing(t *testing.T) {
	s, known := secureServer(t)
	const n = 10
	cfg := oneByOne(s.URL, n, func(int64) bool { s.CloseClientConnections(); return true })
	cfg.TLS = known
	result := mustRun(t, cfg)
	if result.Succeeded != n {
		t.Errorf("counts %+v, errors %v; want %d answers", result.Counts, result.Errors, n)
	}
}

func TestIPv6(t *testing.T) {
	listener, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 on this machine: ", err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(accept))
	s.Listener.Close()
	s.Listener = listener
	s.Start()
	defer s.Close()
	if result := mustRun(t, Config{Target: s.URL + "/heavywork", Schedule: burst(3)}); result.Statuses[202] != 3 {
		t.Errorf("statuses %v, errors %v; want three answers", result.Statuses, result.Errors)
	}
}
