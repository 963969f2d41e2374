// SPDX-License-Identifier: Apache-2.0

// Package configmap reads and writes the rules that stand in a config map, with optimistic concurrency against other processes and
// with group commit for the operations of this one. What a change does to the text is the business of package rulefile; how an
// adapter comes to load it is that of others: nothing here knows of Deployments or metrics. It depends on connection and cache.
package configmap
