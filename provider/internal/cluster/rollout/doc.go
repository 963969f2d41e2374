// SPDX-License-Identifier: Apache-2.0

// Package rollout rolls a Deployment (rollout.go), waits until its pods are up (wait.go, restarts.go: a pod that restarts is not up),
// and says why they are not (status.go; lastwords.go for a container that crashes). It does not know what the pods load. It depends
// on connection and cache.
package rollout
