// SPDX-License-Identifier: Apache-2.0

// Package job sends one load from several pods of a cluster, and collects what
// they saw.
//
// The chart in loadgen/chart makes an Indexed Job, each of whose N pods calls
// [Work] with its index. A pod sends its own Poisson process of 1/N of the rate,
// from a seed of its own; together they are a Poisson process of the whole rate
// (see schedule.Sequence.Scale). All of them start at one moment, which they
// agree on once the last one is there, so that together they are one run.
//
// Pods have no access to the Kubernetes API and nowhere to write: each leaves
// its result in its log, with length and digest. [Collect] reads the logs through
// the API and says whose result is missing; [Collection.Merge] adds them up
// exactly.
package job
