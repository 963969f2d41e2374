// SPDX-License-Identifier: Apache-2.0

// Package http1 reads HTTP/1.1 responses as a load generator needs them: the
// status, the number of body bytes and whether the connection can be used
// again. Headers that do not concern the framing are skipped without being
// kept, so a response costs no allocation.
//
// The framing is that of RFC 9112, HTTP/1.1, section 6. Where the RFC leaves a
// choice, or servers are known to differ from it, the package decides as
// net/http does; a test compares the two. It is stricter in one point: a header
// section above MaxHeader bytes ends the exchange with an error.
package http1
