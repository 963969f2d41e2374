// SPDX-License-Identifier: Apache-2.0

// Package metricsapi asks the APIs in which the adapter serves metrics: whether one is listed, what its values are, and what is
// missing when it is not there. It depends on connection.
package metricsapi
