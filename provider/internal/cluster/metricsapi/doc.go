// SPDX-License-Identifier: Apache-2.0

// Package metricsapi reads the APIs in which the adapter serves metrics: whether a metric is listed, what its values are, and what is
// missing if it is not served. It depends on connection.
package metricsapi
