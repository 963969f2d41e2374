// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// CheckReachable opens and closes one TCP connection to the target's host and
// port, so that a typing error shows before the first request and not as a run
// full of errors. It gives up after timeout. Its error tells an unknown host
// from a closed port and from silence, and what to look at.
func CheckReachable(ctx context.Context, target string, timeout time.Duration) error {
	u, err := parseTarget(target)
	if err != nil {
		return fmt.Errorf("target %q: %w", invalid.WithoutCredentials(target), err)
	}
	dialer := net.Dialer{Timeout: timeout}
	connection, err := dialer.DialContext(ctx, "tcp", hostPort(u))
	if err == nil {
		return connection.Close()
	}
	remedy := "check host and port"
	switch kindOf(err) {
	case measure.Unresolved:
		remedy = "check the spelling of the host, or give its IP address"
	case measure.LocalLimit:
		remedy = "this machine ran out of ports, file descriptors or buffers: raise its limit (ulimit -n), or close what uses them"
	case measure.Refused:
		remedy = "nothing listens there: start the server, or check the port"
	case measure.Timeout:
		remedy = fmt.Sprintf("no answer within %s: check host, port and firewall", timeout)
	}
	return fmt.Errorf("%s (%w)", remedy, err)
}
