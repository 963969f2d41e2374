// SPDX-License-Identifier: Apache-2.0

// Package connection connects to a cluster, as the kubernetes provider does, and explains errors of the API server. It depends on no
// other package of the provider; configmap, rollout, reload and metricsapi use the client that it makes.
package connection
