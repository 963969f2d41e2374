// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// exchanges are all bytes that a connection sends after one POST. Body is the
// number of bytes counted, even when the response ends in an error.
var exchanges = []struct {
	name, raw string
	want      Response
	err       error // nil, io.ErrUnexpectedEOF, ErrMalformed or errHeaderTooLong
}{
	{"length", "HTTP/1.1 202 Accepted\r\nContent-Length: 5\r\n\r\nhello", Response{202, 5, true}, nil},
	{"length of none", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Response{200, 0, true}, nil},
	{"no reason", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Response{200, 0, true}, nil},
	{"lines end with LF", "HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", Response{200, 2, true}, nil},
	{"odd case and spaces", "HTTP/1.1 200 OK\r\ncONTENT-lENGTH:\t 2 \r\n\r\nhi", Response{200, 2, true}, nil},
	{"same length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", Response{200, 2, true}, nil},
	{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", Response{200, 15, true}, nil},
	{"no chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", Response{200, 0, true}, nil},
	{"trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n1\r\na\r\n0\r\nX: y\r\n\r\n", Response{200, 1, true}, nil},
	{"chunked and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 99\r\n\r\n1\r\na\r\n0\r\n\r\n", Response{200, 1, false}, nil},
	{"up to the end", "HTTP/1.1 200 OK\r\n\r\nuntil closed", Response{200, 12, false}, nil},
	{"nothing up to the end", "HTTP/1.1 200 OK\r\n\r\n", Response{200, 0, false}, nil},
	{"no content", "HTTP/1.1 204 No Content\r\n\r\n", Response{204, 0, true}, nil},
	{"no content with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Response{204, 0, true}, nil},
	{"not modified with the length it would have", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Response{304, 0, true}, nil},
	{"continue first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Response{200, 2, true}, nil},
	{"early hints first", "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", Response{202, 0, true}, nil},
	{"another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", Response{101, 0, false}, nil},
	{"close", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", Response{200, 2, false}, nil},
	{"close among options", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nhi", Response{200, 2, false}, nil},
	{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", Response{200, 2, false}, nil},
	{"HTTP/1.0 kept alive", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi", Response{200, 2, true}, nil},
	{"more than was asked for", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", Response{200, 2, false}, nil},
	{"folded header", "HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 2\r\n\r\nhi", Response{200, 2, true}, nil},
	{"long header", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 10*bufferSize) + "\r\nContent-Length: 2\r\n\r\nhi", Response{200, 2, true}, nil},
	{"long body", "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("b", 1e6), Response{200, 1e6, true}, nil},

	{"ends in the status line", "HTTP/1.1 20", Response{}, io.ErrUnexpectedEOF},
	{"ends in the headers", "HTTP/1.1 200 OK\r\nContent-Le", Response{}, io.ErrUnexpectedEOF},
	{"ends in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", Response{Body: 4}, io.ErrUnexpectedEOF},
	{"ends in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Response{Body: 3}, io.ErrUnexpectedEOF},
	{"ends before the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Response{Body: 5}, io.ErrUnexpectedEOF},
	{"ends in the trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", Response{}, io.ErrUnexpectedEOF},
	{"ends after continue", "HTTP/1.1 100 Continue\r\n\r\n", Response{}, io.ErrUnexpectedEOF},

	{"not HTTP", "hello\r\n\r\n", Response{}, ErrMalformed},
	{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", Response{}, ErrMalformed},
	{"short status", "HTTP/1.1 20 OK\r\n\r\n", Response{}, ErrMalformed},
	{"long status", "HTTP/1.1 2000 OK\r\n\r\n", Response{}, ErrMalformed},
	{"status of letters", "HTTP/1.1 2x0 OK\r\n\r\n", Response{}, ErrMalformed},
	{"status below 100", "HTTP/1.1 000 OK\r\n\r\n", Response{}, ErrMalformed},
	{"header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", Response{}, ErrMalformed},
	{"header without a name", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", Response{}, ErrMalformed},
	{"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", Response{}, ErrMalformed},
	{"folded first header", "HTTP/1.1 200 OK\r\n X: y\r\n\r\n", Response{}, ErrMalformed},
	{"negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Response{}, ErrMalformed},
	{"signed length", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi", Response{}, ErrMalformed},
	{"length beyond any", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", Response{}, ErrMalformed},
	{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", Response{}, ErrMalformed},
	{"unknown coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", Response{}, ErrMalformed},
	{"two codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Response{}, ErrMalformed},
	{"chunk size of letters", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Response{}, ErrMalformed},
	{"no chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", Response{}, ErrMalformed},
	{"chunk size beyond any", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", Response{}, ErrMalformed},
	{"chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", Response{Body: 2}, ErrMalformed},
	{"chunk line with a bare LF", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n", Response{}, ErrMalformed},
}

func TestResponse(t *testing.T) {
	for _, tt := range exchanges {
		t.Run(tt.name, func(t *testing.T) {
			for arriving, source := range map[string]io.Reader{
				"at once":      strings.NewReader(tt.raw),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.raw)),
				"with its end": iotest.DataErrReader(strings.NewReader(tt.raw)),
			} {
				r := NewReader(source)
				if err := r.Wait(); err != nil {
					t.Fatalf("%s: Wait() = %v", arriving, err)
				}
				got, err := r.Response()
				want := tt.want
				if tt.name == "more than was asked for" && arriving == "byte by byte" {
					want.Reusable = true // the rest has not arrived; the next Wait finds it
				}
				if got != want || !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
					t.Errorf("%s: got %+v, %v; want %+v, %v", arriving, got, err, want, tt.err)
				}
			}
		})
	}
}

func TestResponsesFollowEachOther(t *testing.T) {
	var raw strings.Builder
	for _, tt := range exchanges {
		if tt.err == nil && tt.want.Reusable {
			raw.WriteString(tt.raw)
		}
	}
	r := NewReader(iotest.OneByteReader(strings.NewReader(raw.String())))
	for _, tt := range exchanges {
		if tt.err != nil || !tt.want.Reusable {
			continue
		}
		if err := r.Wait(); err != nil {
			t.Fatalf("%s: Wait() = %v", tt.name, err)
		}
		if got, err := r.Response(); err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
	if err := r.Wait(); err != io.EOF {
		t.Errorf("Wait() at the end = %v, want io.EOF", err)
	}
}

// endless is a header section that does not end.
type endless struct{ text string }

func (e endless) Read(b []byte) (int, error) { return copy(b, e.text), nil }

func TestHeadersAreBounded(t *testing.T) {
	for name, source := range map[string]io.Reader{
		"one line":           io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nX: "), endless{strings.Repeat("x", 1000)}),
		"many lines":         io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\n"), endless{"X: y\r\n"}),
		"informational ones": endless{"HTTP/1.1 102 Processing\r\n\r\n"},
		"trailers":           io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"), endless{"X: y\r\n"}),
		"chunk extension":    io.MultiReader(strings.NewReader("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x="), endless{"xxxx"}),
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(source)
			if _, err := r.Response(); !errors.Is(err, errHeaderTooLong) {
				t.Errorf("err = %v, want %v", err, errHeaderTooLong)
			}
			if len(r.buffer) > 2*MaxHeader {
				t.Errorf("buffer of %d bytes", len(r.buffer))
			}
		})
	}
}

func TestMemoryOfALongLineIsGivenBack(t *testing.T) {
	long := "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 100_000) + "\r\nContent-Length: 0\r\n\r\n"
	r := NewReader(io.MultiReader(strings.NewReader(long), strings.NewReader("HTTP/1.1 202")))
	if got, err := r.Response(); err != nil || !got.Reusable {
		t.Fatalf("got %+v, %v", got, err)
	}
	if err := r.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(r.buffer) != bufferSize {
		t.Errorf("buffer of %d bytes, want %d", len(r.buffer), bufferSize)
	}
}

func TestErrorsOfTheSourceAreKept(t *testing.T) {
	broken := errors.New("broken")
	for _, raw := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\n\r\nup to the end"} {
		r := NewReader(io.MultiReader(strings.NewReader(raw), iotest.ErrReader(broken)))
		err := r.Wait()
		if err == nil {
			_, err = r.Response()
		}
		if !errors.Is(err, broken) {
			t.Errorf("after %q: %v, want the error of the source", raw, err)
		}
	}
}

func TestAResponseCostsNoAllocation(t *testing.T) {
	r := NewReader(endless{"HTTP/1.1 202 Accepted\r\nServer: nginx\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"})
	if n := testing.AllocsPerRun(100, func() {
		if err := r.Wait(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Response(); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
