// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"strconv"
)

const (
	switchingProtocols = 101
	noContent          = 204
	notModified        = 304
)

// framing says where a body ends.
type framing struct {
	chunked  bool
	length   int64 // of a body that is not chunked; toEnd: until the connection closes
	reusable bool
}

const toEnd = -1

// head reads one status line and one header section.
func (r *Reader) head() (Response, framing, error) {
	line, err := r.line()
	if err != nil {
		return Response{}, framing{}, err
	}
	minor, status, err := statusLine(line)
	if err != nil {
		return Response{}, framing{}, err
	}
	fields, err := r.fields()
	if err != nil {
		return Response{}, framing{}, err
	}
	f := framing{length: fields.length, reusable: !fields.closes && (minor >= 1 || fields.keeps)}
	switch {
	case status < 200 || status == noContent || status == notModified:
		f.length = 0
		// Whatever the server speaks now, it is not HTTP/1.1.
		f.reusable = f.reusable && status != switchingProtocols
	case fields.coding != 0 && minor >= 1:
		if fields.coding != 1 || !fields.chunked {
			return Response{}, framing{}, malformed("unknown transfer coding")
		}
		f.chunked = true
		// With both lengths, chunked wins, and an attack is likely: RFC 9112,
		// 6.3.
		f.reusable = f.reusable && fields.length == toEnd
	case fields.length == toEnd:
		f.reusable = false
	}
	return Response{Status: status}, f, nil
}

// statusLine parses "HTTP/1.1 200 OK"; the reason may be absent.
func statusLine(line []byte) (minor, status int, err error) {
	const version = "HTTP/1."
	if len(line) < len(version)+5 || string(line[:len(version)]) != version || line[len(version)+1] != ' ' {
		return 0, 0, malformed("status line %s", quoted(line))
	}
	minor = int(line[len(version)]) - '0'
	rest := bytes.TrimLeft(line[len(version)+2:], " ")
	if len(rest) > 3 && rest[3] != ' ' || len(rest) < 3 || minor < 0 || minor > 9 {
		return 0, 0, malformed("status line %s", quoted(line))
	}
	for _, c := range rest[:3] {
		if c < '0' || c > '9' {
			return 0, 0, malformed("status line %s", quoted(line))
		}
		status = 10*status + int(c-'0')
	}
	if status < 100 {
		return 0, 0, malformed("status %d", status)
	}
	return minor, status, nil
}

// quoted shortens what an error shows.
func quoted(line []byte) string {
	const enough = 60
	if len(line) > enough {
		return strconv.Quote(string(line[:enough])) + "..."
	}
	return strconv.Quote(string(line))
}

// fields are the headers that concern the framing.
type fields struct {
	length        int64 // toEnd without Content-Length
	coding        int   // number of Transfer-Encoding headers
	chunked       bool
	closes, keeps bool // Connection: close, keep-alive
}

// fields reads headers up to the empty line.
func (r *Reader) fields() (fields, error) {
	f := fields{length: toEnd}
	framed := false // the previous line concerns the framing
	for first := true; ; first = false {
		line, err := r.line()
		if err != nil || len(line) == 0 {
			return f, err
		}
		if line[0] == ' ' || line[0] == '\t' {
			// Folded lines are obsolete, and harmless where they are skipped.
			if first || framed {
				return f, malformed("folded header line %s", quoted(line))
			}
			continue
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !isToken(name) {
			return f, malformed("header line %s", quoted(line))
		}
		if framed, err = f.take(name, bytes.Trim(value, " \t")); err != nil {
			return f, err
		}
	}
}

// take handles one header and reports whether it concerns the framing.
func (f *fields) take(name, value []byte) (bool, error) {
	switch len(name) { // spares most headers the comparison
	case len("Content-Length"):
		if !equalFold(name, "content-length") {
			return false, nil
		}
		length, err := contentLength(value)
		if err != nil || f.length != toEnd && f.length != length {
			return true, malformed("Content-Length %s", quoted(value))
		}
		f.length = length
		return true, nil
	case len("Transfer-Encoding"):
		if !equalFold(name, "transfer-encoding") {
			return false, nil
		}
		f.coding++
		f.chunked = equalFold(value, "chunked")
		return true, nil
	case len("Connection"):
		if !equalFold(name, "connection") {
			return false, nil
		}
		for option := range bytes.SplitSeq(value, []byte(",")) {
			option = bytes.Trim(option, " \t")
			f.closes = f.closes || equalFold(option, "close")
			f.keeps = f.keeps || equalFold(option, "keep-alive")
		}
		return true, nil
	}
	return false, nil
}

func contentLength(value []byte) (int64, error) {
	if len(value) == 0 || value[0] < '0' || value[0] > '9' { // no sign
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(string(value), 10, 64)
}

// equalFold compares ASCII text with lower-case text, ignoring case.
func equalFold(text []byte, lower string) bool {
	if len(text) != len(lower) {
		return false
	}
	for i, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// isToken reports whether name is a valid header name: RFC 9110, 5.6.2.
func isToken(name []byte) bool {
	for _, c := range name {
		if !tokenBytes[c] {
			return false
		}
	}
	return len(name) > 0
}

var tokenBytes = func() (allowed [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		allowed[c] = true
	}
	return allowed
}()
