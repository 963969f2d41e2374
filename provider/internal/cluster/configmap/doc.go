// SPDX-License-Identifier: Apache-2.0

// Package configmap reads and writes the rules in a config map, with optimistic concurrency against other processes and with group
// commit for the operations of this one. Package rulefile decides what a change does to the text. How the adapter loads it is the
// business of other packages: nothing here knows of Deployments or metrics. It depends on connection and cache.
package configmap
