// SPDX-License-Identifier: Apache-2.0

// Package rollout has a Deployment start its pods anew, waits until they are up, and says why they are not: conditions, restarts, and
// the last words of containers that crash. What the pods are to load is none of its business. It depends on connection and cache.
package rollout
