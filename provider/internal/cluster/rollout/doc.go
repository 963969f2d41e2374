// SPDX-License-Identifier: Apache-2.0

// Package rollout has a Deployment start its pods anew (rollout.go), waits until they are up (wait.go, restarts.go: what restarts is not
// up), and says why they are not (status.go; lastwords.go for a container that crashes). What the pods are to load is none of its
// business. It depends on connection and cache.
package rollout
