// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
)

// ErrorKind says why no whole answer arrived. The set is closed: results of
// different runs can be compared and added.
type ErrorKind string

// The kinds of errors.
const (
	Timeout    ErrorKind = "timeout"            // the answer, or the connection, took longer than Config.Timeout
	Refused    ErrorKind = "connection_refused" // nothing listens on the port
	Reset      ErrorKind = "connection_reset"   // the peer aborted the connection
	Closed     ErrorKind = "connection_closed"  // the peer closed it before the answer was complete
	Unresolved ErrorKind = "unresolved_host"    // no address for the host name
	NoRoute    ErrorKind = "no_route"           // no way to the network or the host
	LocalLimit ErrorKind = "local_limit"        // this machine ran out of ports, file descriptors or buffers
	TLS        ErrorKind = "tls"                // no agreement on certificate or protocol
	Other      ErrorKind = "other"              // see the example
)

// ErrorCount counts the errors of one kind and shows one of them.
type ErrorCount struct {
	Count   int64  `json:"count"`
	Example string `json:"example"` // text of the first one
}

func (c ErrorCount) plus(err error) ErrorCount {
	if c.Count == 0 {
		c.Example = err.Error()
	}
	c.Count++
	return c
}

// secureError is an error of a connection with TLS. What the network below did
// is inside; what is none of that is a disagreement about TLS.
type secureError struct{ error }

func (e *secureError) Unwrap() error { return e.error }

// isAlert recognizes a TLS alert from either side, which over TCP is an error of
// package net (see conn.sendAlert and conn.readRecordOrCCS of crypto/tls).
func isAlert(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error")
}

// limits are the errors of a machine that has run out of something.
func limits() []syscall.Errno {
	return []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS}
}

// isLocalLimit also looks into the error of a lookup, which keeps no more than
// the text of what led to it.
func isLocalLimit(err error) bool {
	var lookup *net.DNSError
	unresolved := errors.As(err, &lookup)
	return slices.ContainsFunc(limits(), func(limit syscall.Errno) bool {
		return errors.Is(err, limit) || unresolved && strings.HasSuffix(lookup.Err, limit.Error())
	})
}

// kindOf sorts an error by identity, and not by its text wherever it has one.
func kindOf(err error) ErrorKind {
	var (
		network     net.Error
		unresolved  *net.DNSError
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		hostname    x509.HostnameError
		secure      *secureError
	)
	switch {
	case isLocalLimit(err):
		return LocalLimit
	case errors.As(err, &unresolved) && !unresolved.IsTimeout:
		return Unresolved
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, syscall.ETIMEDOUT), errors.As(err, &network) && network.Timeout():
		return Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Reset
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return NoRoute
	case isAlert(err), errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &hostname):
		return TLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return Closed
	case errors.As(err, &secure):
		return TLS
	}
	return Other
}
