// SPDX-License-Identifier: Apache-2.0

// Package alerts holds the tests of the alerts in terraform/modules/alerts:
// promtool evaluates them, as the chart renders them, over the series in testdata.
// The activator's row of the dashboard is tested here as well.
package alerts
