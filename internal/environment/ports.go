// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// FreePorts returns n different TCP ports without a listener on 127.0.0.1. It listens
// on all of them until the last is found, so that none comes twice. Afterwards they are
// not reserved.
func FreePorts(n int) (ports []int, err error) {
	listeners := make([]net.Listener, 0, n)
	defer func() {
		for _, l := range listeners {
			err = errors.Join(err, l.Close())
		}
	}()
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("looking for a free port on 127.0.0.1: %w", err)
		}
		listeners = append(listeners, l)
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// FreePortsInARow returns the first of n consecutive TCP ports without a listener on
// 127.0.0.1. The ingress of a cluster of n nodes takes n ports from HTTP_PORT on.
func FreePortsInARow(n int) (first int, err error) {
	const tries = 100 // few of the kernel's thousands of ephemeral ports are in use
	for range tries {
		ports, err := FreePorts(1)
		if err != nil {
			return 0, err
		}
		if first = ports[0]; rowIsFree(first, n) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("looking for %d free ports in a row on 127.0.0.1: none after %d tries", n, tries)
}

func rowIsFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		defer l.Close()
	}
	return true
}
