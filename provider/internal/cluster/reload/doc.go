// SPDX-License-Identifier: Apache-2.0

// Package reload sees what an adapter that loads its rules by itself has made of them, and waits until all its replicas serve a text.
// Each replica says so in a Lease of its own. An adapter without any is of the other kind, which loads its rules only when it starts:
// see package rollout. It depends on connection and cache.
package reload
