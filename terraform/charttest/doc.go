// SPDX-License-Identifier: Apache-2.0

// Package charttest holds tests only. They render the charts of other projects
// with the very values that the Terraform modules pass to them, and check that
// no value is unknown to the chart, that each one changes what is rendered, and
// that the objects are what the modules promise.
//
// The charts are not part of this repository. UPSTREAM_CHARTS names a directory
// with copies of them, each in the version that the module pins; without it the
// tests are skipped and say so. Terraform is asked for the values, so it must be
// on PATH with its providers, as `make env` sets it up.
package charttest
