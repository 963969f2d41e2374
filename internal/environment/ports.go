// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"errors"
	"fmt"
	"net"
)

// FreePorts returns n different TCP ports that nobody listens on at 127.0.0.1.
// They are held together until all are found, so none comes twice; whoever
// listens first afterwards has them.
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
