// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Alerts of either side are of one kind, before and after the end of the
// handshake: with TLS 1.3, a server verifies the client's certificate after it.
func TestRefusalsOfTLSAreCountedAsSuch(t *testing.T) {
	for name, set := range map[string]func(*tls.Config){
		"TLS 1.1 only":                        func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS11, tls.VersionTLS11 },
		"client certificate, TLS 1.2":         func(c *tls.Config) { c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12 },
		"client certificate, TLS 1.3":         func(c *tls.Config) { c.ClientAuth, c.MinVersion = tls.RequireAnyClientCert, tls.VersionTLS13 },
		"server name refused by the callback": func(c *tls.Config) { c.GetConfigForClient = refuseName },
	} {
		t.Run(name, func(t *testing.T) {
			s, known := secureServer(t)
			set(s.TLS)
			result := mustRun(t, Config{Target: s.URL, Schedule: burst(2), TLS: known})
			if result.Errors[measure.TLS].Count != 2 {
				t.Errorf("statuses %v, errors %v; want two of TLS", result.Statuses, result.Errors)
			}
		})
	}
}

func refuseName(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("not that name") }

// What crypto/tls returns for alerts that it received and sent, such as the one
// that refuses renegotiation.
func TestAlertsAreOfTLS(t *testing.T) {
	for _, op := range []string{"remote error", "local error"} {
		err := fmt.Errorf("reading: %w", &net.OpError{Op: op, Err: errors.New("tls: no renegotiation")})
		if got := kindOf(err); got != measure.TLS {
			t.Errorf("%v is of kind %s, want %s", err, got, measure.TLS)
		}
	}
	if got := kindOf(&net.OpError{Op: "read", Err: errors.New("no alert")}); got != measure.Other {
		t.Errorf("an error that is not an alert is of kind %s", got)
	}
}

// A server that accepts connections and sends nothing.
func TestASilentHandshakeIsNamed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	result := mustRun(t, Config{Target: "https://" + listener.Addr().String(), Schedule: burst(1), Timeout: 50 * time.Millisecond})
	if e := result.Errors[measure.Timeout]; e.Count != 1 || e.Example != "no end of the TLS handshake within 50ms" {
		t.Errorf("errors %v, want one that names the handshake", result.Errors)
	}
}

// A process that has no descriptor left for a DNS query.
func TestLimitsOfThisMachineHideBehindLookups(t *testing.T) {
	for _, limit := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS} {
		resolver := net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("socket", limit)}
		}}
		_, err := resolver.LookupHost(t.Context(), "load.example.")
		if err == nil {
			t.Fatal("a name was looked up without a connection")
		}
		if got := kindOf(&net.OpError{Op: "dial", Err: err}); got != measure.LocalLimit {
			t.Errorf("%v is of kind %s, want %s", err, got, measure.LocalLimit)
		}
	}
	_, err := new(net.Resolver).LookupHost(t.Context(), "nowhere.invalid")
	if got := kindOf(err); got == measure.LocalLimit || !strings.Contains(fmt.Sprint(err), "nowhere.invalid") {
		t.Errorf("%v is of kind %s", err, got)
	}
}
