// SPDX-License-Identifier: Apache-2.0

package test

// What the scenarios are about: names that no variable of the environment changes.
const (
	appNamespace = "app"
	appName      = "heavywork" // Deployment, Service, ServiceMonitor and autoscaler
	counterName  = "heavywork_requests_total"
	metricsPort  = 8000
	metricName   = "heavywork_requests_per_second"

	systemNamespace = "kube-system"
)
