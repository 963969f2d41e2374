// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"errors"
	"io"
	"math"
)

// body skips a body and returns its length, or how much of it had arrived when
// an error ended it.
func (r *Reader) body(f framing) (int64, error) {
	if f.chunked {
		return r.chunks()
	}
	if f.length != toEnd {
		return r.skip(f.length)
	}
	n, err := r.skip(math.MaxInt64)
	if errors.Is(err, io.EOF) { // closing the connection is how such a body ends
		err = nil
	}
	return n, err
}

// maxChunkLine bounds the line with a chunk's size and extensions, in bytes.
const maxChunkLine = 4 << 10

// chunks skips a chunked body with its trailers: RFC 9112, 7.1. Only the
// trailers count towards MaxHeader. Chunk lines must end with CRLF: accepting a
// bare LF allows one response to pass for another (response smuggling).
func (r *Reader) chunks() (total int64, err error) {
	header := r.header
	for {
		r.header = 0
		line, err := r.line()
		if err != nil {
			return total, err
		}
		if r.bareLF {
			return total, malformed("chunk line %s ends with a bare LF", quoted(line))
		}
		size, err := chunkSize(line)
		if err != nil {
			return total, err
		}
		if size == 0 {
			break
		}
		n, err := r.skip(size)
		if total += n; err != nil {
			return total, err
		}
		if line, err = r.line(); err != nil {
			return total, err
		}
		if len(line) != 0 || r.bareLF {
			return total, malformed("chunk longer than its size")
		}
	}
	r.header = header
	_, err = r.fields()
	return total, err
}

func chunkSize(line []byte) (int64, error) {
	if len(line) > maxChunkLine {
		return 0, malformed("chunk line of %d bytes", len(line))
	}
	digits, _, _ := bytes.Cut(line, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	if len(digits) == 0 || len(digits) > 15 {
		return 0, malformed("chunk size %s", quoted(line))
	}
	size := int64(0)
	for _, c := range digits {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, malformed("chunk size %s", quoted(line))
		}
		size = size<<4 | int64(c)
	}
	return size, nil
}
