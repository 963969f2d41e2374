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

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// secureError is an error of a TLS connection. It wraps the network's errors;
// any other cause is a failure of TLS itself.
type secureError struct{ error }

func (e *secureError) Unwrap() error { return e.error }

// isAlert recognizes a TLS alert from either side, which over TCP is an error of
// package net (see conn.sendAlert and conn.readRecordOrCCS of crypto/tls).
func isAlert(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && (operation.Op == "remote error" || operation.Op == "local error")
}

// limits returns the errors of a machine that has run out of a resource.
func limits() []syscall.Errno {
	return []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS}
}

// isLocalLimit also checks the text of a lookup error, which does not wrap its
// cause.
func isLocalLimit(err error) bool {
	var lookup *net.DNSError
	unresolved := errors.As(err, &lookup)
	return slices.ContainsFunc(limits(), func(limit syscall.Errno) bool {
		return errors.Is(err, limit) || unresolved && strings.HasSuffix(lookup.Err, limit.Error())
	})
}

// kindOf classifies an error, by identity rather than by text where possible.
func kindOf(err error) measure.ErrorKind {
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
		return measure.LocalLimit
	case errors.As(err, &unresolved) && !unresolved.IsTimeout:
		return measure.Unresolved
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, syscall.ETIMEDOUT), errors.As(err, &network) && network.Timeout():
		return measure.Timeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return measure.Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return measure.Reset
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return measure.NoRoute
	case isAlert(err), errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &hostname):
		return measure.TLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return measure.Closed
	case errors.As(err, &secure):
		return measure.TLS
	}
	return measure.Other
}
