// SPDX-License-Identifier: Apache-2.0

// Package http1 reads HTTP/1.1 responses as a load generator needs them: the
// status, the number of body bytes and whether the connection can be used
// again. Headers that do not concern the framing are skipped without being
// kept, so a response costs no allocation.
//
// The framing is that of RFC 9112, HTTP/1.1, section 6. Where the RFC leaves a
// choice, or servers are known to differ from it, the package decides as
// net/http does; a test compares the two. It is stricter in one point: a header
// section above MaxHeader bytes ends the exchange with an error.
package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// MaxHeader bounds the status line, the headers and the trailers of one
// response together, and with it the memory of a connection.
const MaxHeader = 256 << 10

// bufferSize holds the whole header of usual responses. There is one buffer for
// each connection, thousands when a server stalls.
const bufferSize = 1 << 10

// ErrMalformed says that the peer did not send an HTTP/1 response.
var ErrMalformed = errors.New("malformed HTTP response")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// Response is the part of a response that is kept.
type Response struct {
	Status   int
	Body     int64 // bytes, without the framing of chunks
	Reusable bool  // the connection may carry another request
}

// Reader reads the responses of one connection. It is not safe for concurrent
// use.
type Reader struct {
	source     io.Reader
	buffer     []byte
	start, end int  // of the bytes that are read but not used yet
	header     int  // bytes of the current header section so far
	bareLF     bool // the last line had no CR before its LF
}

// NewReader returns a Reader of the responses that arrive from source.
func NewReader(source io.Reader) *Reader {
	return &Reader{source: source, buffer: make([]byte, bufferSize)}
}

// Wait blocks until the first byte of a response has arrived. If none does, it
// returns the error of the source: io.EOF if the peer closed the connection.
func (r *Reader) Wait() error {
	if r.start < r.end {
		return nil
	}
	return r.fill()
}

// Response reads the final response to a request whose method expects a body in
// the response: any but HEAD and CONNECT. Informational (1xx) responses before
// it are skipped. If the source ends within the response, the error is
// io.ErrUnexpectedEOF. With any error, Body is the number of bytes that had
// arrived.
func (r *Reader) Response() (Response, error) {
	r.header = 0
	for {
		response, framing, err := r.head()
		if err == nil && response.Status >= 100 && response.Status < 200 && response.Status != switchingProtocols {
			continue // all of them together are bounded by MaxHeader
		}
		if err == nil {
			response.Body, err = r.body(framing)
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return Response{Body: response.Body}, err
		}
		// Bytes beyond the response answer no request: nothing that follows on
		// this connection could be trusted.
		response.Reusable = framing.reusable && r.start == r.end
		return response, nil
	}
}

// fill reads more into the buffer, after what is already there.
func (r *Reader) fill() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
		if len(r.buffer) > bufferSize { // grown for one long line
			r.buffer = make([]byte, bufferSize)
		}
	}
	if r.end == len(r.buffer) {
		if r.start > 0 {
			r.end = copy(r.buffer, r.buffer[r.start:r.end])
			r.start = 0
		} else {
			r.buffer = append(r.buffer, make([]byte, len(r.buffer))...)
		}
	}
	for range 100 {
		n, err := r.source.Read(r.buffer[r.end:])
		r.end += n
		switch {
		case n > 0:
			return nil // the next call returns the error
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// line returns the next line without its end, LF or CRLF. It is valid until the
// next call of any method.
func (r *Reader) line() ([]byte, error) {
	searched := 0
	for {
		if i := bytes.IndexByte(r.buffer[r.start+searched:r.end], '\n'); i >= 0 {
			length := searched + i + 1
			if r.header += length; r.header > MaxHeader {
				return nil, errHeaderTooLong
			}
			line, crlf := bytes.CutSuffix(r.buffer[r.start:r.start+length-1], []byte("\r"))
			r.start += length
			r.bareLF = !crlf
			return line, nil
		}
		searched = r.end - r.start
		if r.header+searched > MaxHeader {
			return nil, errHeaderTooLong
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
}

var errHeaderTooLong = fmt.Errorf("response header of more than %d kB", MaxHeader>>10)

// scratch has buffers for skipping long bodies.
var scratch = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// skip discards n bytes, or fewer if the source ends.
func (r *Reader) skip(n int64) (skipped int64, err error) {
	have := min(n, int64(r.end-r.start))
	r.start += int(have)
	if skipped = have; skipped == n {
		return skipped, nil
	}
	long := scratch.Get().(*[32 << 10]byte)
	defer scratch.Put(long)
	for skipped < n {
		read, err := r.source.Read(long[:min(n-skipped, int64(len(long)))])
		skipped += int64(read)
		if err != nil && skipped < n {
			return skipped, err
		}
	}
	return skipped, nil
}
