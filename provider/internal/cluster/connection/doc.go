// SPDX-License-Identifier: Apache-2.0

// Package connection finds the way to a cluster, as the kubernetes provider does, and says what is in the way when the API server
// refuses. It depends on no other package of the provider; configmap, rollout, reload and metricsapi work with the client that it makes.
package connection
