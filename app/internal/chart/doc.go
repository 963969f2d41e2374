// SPDX-License-Identifier: Apache-2.0

// Package chart holds the tests of the Helm chart in app/chart. They live outside the chart's
// folder so that a packaged chart carries no Go files.
package chart
