// SPDX-License-Identifier: Apache-2.0

// Package charttest contains only tests. They render the charts of other projects
// with the values that the Terraform modules pass to them, and check that the
// chart knows every value, that each value changes what is rendered, and that the
// objects are what the modules promise.
//
// The charts are not part of this repository. UPSTREAM_CHARTS names a directory
// with copies of them, each in the version that the module pins; without it the
// tests are skipped and say so. Terraform computes the values, so it must be on
// PATH with its providers, as `make env` sets it up.
package charttest
