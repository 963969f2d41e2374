// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// FreePorts returns the first of n consecutive TCP ports on which a program can listen on
// 127.0.0.1. The ingress of a cluster of n nodes takes n ports from HTTP_PORT on. The ports
// are not reserved, but no outgoing connection takes one: by default, those get ports from
// 32768 on.
func FreePorts(n int) (first int, err error) {
	const lowest, highest, tries = 20000, 30000, 100
	for range tries {
		if first = lowest + rand.IntN(highest-lowest); rowIsFree(first, n) {
			return first, nil
		}
	}
	return 0, fmt.Errorf("looking for %d free ports in a row on 127.0.0.1, from %d to %d: none after %d tries", n, lowest, highest, tries)
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
