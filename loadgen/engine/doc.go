// SPDX-License-Identifier: Apache-2.0

// Package engine sends HTTP requests in an open loop: a schedule says when each
// request is due, and no request waits for the answer to another one.
//
//	arrivals, err := schedule.NewPoisson(schedule.Decay{ArrivalRate: 80, DecayRate: 0.001}, 500*time.Second, 1)
//	result, err := engine.Run(ctx, engine.Config{Target: "http://127.0.0.1:80/heavywork", Schedule: arrivals})
//	if err := result.Err(); err != nil { ... } // dropped, failed or non-2xx requests
//
// What the numbers mean:
//
//   - Latency counts from the moment a request was due, not from the moment it
//     was sent. A server that stalls, or a generator that falls behind, shows in
//     the percentiles instead of hiding in them (coordinated omission; see G. Tene,
//     How NOT to Measure Latency, and wrk2).
//   - A request that is due while MaxInFlight others are unanswered is dropped:
//     counted, reported, never sent later. Offered = Sent + Dropped, always.
//   - Every sent request ends up in Completed (a complete answer arrived,
//     whatever its status) or in Failed (none did). A timed-out request enters
//     the latency with the time it waited, which is a lower bound.
//   - No request is sent twice, so a server counts what was sent, except for
//     requests that failed on the way. If the connection turns out to be closed
//     before any byte is written, the request goes over another one; a request
//     that is lost after that has failed, whether or not the server has acted
//     on it.
//   - Requests that are due within a quarter of a millisecond may go out together.
//     SendDelay says how late they were, and Latency includes it.
//   - Seconds holds the same numbers for each second of the run.
//
// Package measure has the types of these numbers.
//
// The client inside speaks HTTP/1.1 with keep-alive over TCP or TLS.
// docs/benchmarks/loadgen.md says why it is not net/http's, and compares the
// two.
package engine
