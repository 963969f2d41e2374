// SPDX-License-Identifier: Apache-2.0

// Package reload reads which rules an adapter that loads them by itself serves, and waits until all its replicas serve a text. Each
// replica reports this in its own Lease. An adapter without Leases loads its rules only when it starts: see package rollout. Package
// reload depends on connection and cache.
package reload
