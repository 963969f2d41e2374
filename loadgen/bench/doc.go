// SPDX-License-Identifier: Apache-2.0

// Bench measures loadgen side by side with vegeta, wrk and hey, and its client
// with those of net/http and fasthttp, against one same server on the loopback
// interface. It writes docs/benchmarks/loadgen.md, which describes the method.
//
//	go run ./loadgen/bench            # eight to twelve minutes
//	go run ./loadgen/bench --quick    # half a minute, numbers good for nothing
//
// It sends to a server of its own on 127.0.0.1 only.
package main
