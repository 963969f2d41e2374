// SPDX-License-Identifier: Apache-2.0

package test

import (
	"fmt"
	"math"
	"time"
)

// What the scenarios are about: the defaults of the terraform modules.
const (
	appNamespace = "app"
	appName      = "heavywork" // Deployment, Service, ServiceMonitor and autoscaler
	counterName  = "heavywork_requests_total"
	metricsPort  = 8000
	metricName   = "heavywork_requests_per_second"

	targetAverage = 10 // requests per second and pod
	minReplicas   = 1
	maxReplicas   = 5
)

// The delays between a request and a replica. Each is the longest a healthy
// environment takes on two busy cores; every wait of a suite is a sum of them.
const (
	scrapeInterval = 1 * time.Second  // a request is counted up to this long before Prometheus sees it
	rateWindow     = 5 * time.Second  // a step of the load has moved the whole rate after this long
	relist         = 5 * time.Second  // a series is this old before the adapter knows its name
	hpaSync        = 1 * time.Second  // between two looks of the autoscaler; TestMain refuses a cluster where it is longer
	stabilization  = 30 * time.Second // the highest recommendation of this long counts when scaling down
	podStart       = 30 * time.Second // from a wanted pod to one that answers requests; its image is on the node
	podStop        = 25 * time.Second // the grace period of the application's chart: drain, shutdown and a margin
	starved        = 15 * time.Second // what all of these together are late when others need the cores
)

// Sums of them.
const (
	// scaleUpDecision is how long after a step up of the load the autoscaler has
	// wanted more replicas: the step is in the rate, and a look at it that came
	// just too early is followed by the next.
	scaleUpDecision = scrapeInterval + rateWindow + relist + 2*hpaSync + starved
	scaleUpReaction = scaleUpDecision + podStart

	// scaleDownReaction is how long after the end of the load one pod is left:
	// the rate is zero, the autoscaler has looked, the window has passed since
	// the last higher recommendation, it has looked again, the pods have ended.
	scaleDownReaction = scrapeInterval + rateWindow + hpaSync + stabilization + hpaSync + podStop + starved

	// earliestScaleDown is how long after the end of the load no replica may have
	// gone yet: the last look under load is at most one sync older than its end,
	// and its recommendation counts for the whole window.
	earliestScaleDown = stabilization - hpaSync

	// quiet is how long whatever ran before needs to be forgotten.
	quiet = scaleDownReaction
)

// Every pod of a Deployment is replaced by the way of an update.
const (
	// loneRollout is that of one replica, appRollout that of all of them, one after
	// the other; those that end do so beside each other.
	loneRollout = podStart + podStop
	appRollout  = maxReplicas*podStart + podStop
	// ingressRollout is the start of NGINX, and what its module sums up to the
	// grace period of the old one.
	ingressRollout = podStart + 35*time.Second
)

// What is not between a request and a replica.
const (
	answer     = 10 * time.Second // one request to the ingress or to the API server, at the very most
	inARow     = time.Second      // one of many requests that follow each other, on average
	dumpTime   = time.Minute      // saving the state of the cluster after a failure
	coldUp     = 20 * time.Minute // `kind up` with empty caches, built from source
	warmUp     = 90 * time.Second // `kind up --no-apply` with full caches
	settling   = time.Minute      // from a created cluster to one whose own pods are ready
	tfPlan     = 45 * time.Second
	tfApply    = 150 * time.Second // init and apply on an empty cluster, pods ready, metric served
	tfDestroy  = 90 * time.Second
	kindDown   = 30 * time.Second
	collection = 45 * time.Second // namespaces, owned objects and API groups go after the deletion that caused it
	lookAgain  = time.Second      // between two looks at what cannot be watched
)

// What the fault tests are about.
const (
	systemNamespace  = "kube-system"
	prometheusLabels = "app.kubernetes.io/name=prometheus" // the operator's, whichever chart brings it

	faultReplicas = 3 // that the load wants: some to lose and some to win

	metricEvery  = time.Second            // between two questions for the metric
	ingressEvery = 250 * time.Millisecond // between two questions to the ingress
	askFor       = 5 * time.Second        // one of these questions
)

// The delays of a recovery, like those above.
const (
	alertScrape  = 15 * time.Second    // between two scrapes of a part, and between two evaluations
	alertPending = 60 * time.Second    // for which an alert's cause must last
	podReplace   = podStart + podStart // a pod that is gone is replaced by one that is ready; Prometheus has three containers
	leaseEnd     = 20 * time.Second    // the lease of a controller that was killed; its successor waits for its end
	apiRestart   = time.Minute         // from a killed API server to one that answers, with the kubelet's pause between
	nodeStop     = 30 * time.Second    // what ran in the node has ended
	nodeStart    = 4 * time.Minute     // from a stopped node to all its pods ready: everything starts at once
	crashBackoff = 80 * time.Second    // the kubelet's pause before it starts a container that has crashed a few times

	// backInRate is how long after the first scrape the autoscaler reads the right
	// rate: its window is full and known, and it has looked.
	backInRate = scrapeInterval + rateWindow + relist + 2*hpaSync

	// alertFires is how long after something went wrong an alert fires: it is
	// scraped, pending, and its rule is evaluated.
	alertFires = alertScrape + alertPending + 2*alertScrape

	// forgetful is a time after which nothing that was before counts any more:
	// the highest recommendation has left its window, and the autoscaler has looked.
	forgetful = rateWindow + stabilization + 2*hpaSync

	faultSteady = scaleDownReaction + scaleUpReaction // from any number of replicas to those that a load wants
	faultProof  = scaleUpReaction
)

// fullLoad is how long the load of the original guide runs.
const fullLoad = 500 * time.Second

// fullLength reads the switch for loads that run for their whole length instead
// of until they have shown what they should.
func fullLength(value string) (bool, error) {
	switch value {
	case "", "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, fmt.Errorf("FULL=%q: use FULL=1 for loads of %s, or leave it unset", value, fullLoad)
}

// inTime refuses a cluster whose autoscaler looks less often than the sums above
// take it to: one that was made before its period was set.
func inTime(sync time.Duration) error {
	if sync > hpaSync {
		return fmt.Errorf("the autoscaler of this cluster looks every %s, and these tests are about one that looks every %s: "+
			"make the cluster anew with make down and make up", sync, hpaSync)
	}
	return nil
}

// loadLength is how long a load may run: the short time, or its whole length.
func loadLength(short time.Duration) time.Duration {
	if shared.full {
		return fullLoad
	}
	return short
}

// upShare is how much of -timeout bringing the environment up may take. The
// default of ten minutes leaves five to a scenario that then runs, and is
// enough for anything but a first build.
func upShare(timeout time.Duration) time.Duration { return timeout / 2 }

// fallsTo is when a rate that decays exponentially, in requests per second and
// per second, has come down to a lower one.
func fallsTo(arrivalRate, decayRate, lower float64) time.Duration {
	return time.Duration(math.Log(arrivalRate/lower) / decayRate * float64(time.Second))
}
