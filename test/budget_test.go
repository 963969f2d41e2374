// SPDX-License-Identifier: Apache-2.0

package test

import (
	"math"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
)

// The delays that no setting changes. Each is the longest a healthy environment
// takes on two busy cores.
const (
	podStart = 30 * time.Second // from a wanted pod to one that answers requests; its image is on the node
	starved  = 15 * time.Second // what all delays of a reaction together are late when others need the cores

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

// The delays of a recovery, and how often the fault tests ask.
const (
	metricEvery  = time.Second            // between two questions for the metric
	ingressEvery = 250 * time.Millisecond // between two questions to the ingress
	askFor       = 5 * time.Second        // one of these questions

	podReplace   = podStart + podStart // a pod that is gone is replaced by one that is ready; Prometheus has three containers
	leaseEnd     = 20 * time.Second    // the lease of a controller that was killed; its successor waits for its end
	apiRestart   = time.Minute         // from a killed API server to one that answers, with the kubelet's pause between
	nodeStop     = 30 * time.Second    // what ran in the node has ended
	nodeStart    = 4 * time.Minute     // from a stopped node to all its pods ready: everything starts at once
	crashBackoff = 80 * time.Second    // the kubelet's pause before it starts a container that has crashed a few times
)

// budget is what the applied environment says of itself. Loads follow from its
// limits, and every wait of a suite is a sum of its delays and those above.
type budget struct {
	target                   float64 // requests per second and pod
	minReplicas, maxReplicas int32
	scaleUpPolicies          []scalingPolicy

	scrapeInterval       time.Duration // a request is counted up to this long before Prometheus sees it
	rateWindow           time.Duration // a step of the load has moved the whole rate after this long
	relist               time.Duration // a series is this old before the adapter knows its name
	hpaSync              time.Duration // between two syncs of the autoscaler
	upStabilization      time.Duration // the lowest recommendation of this long counts when scaling up
	stabilization        time.Duration // the highest recommendation of this long counts when scaling down
	keepalive            time.Duration // NGINX closes no connection that is idle for less
	alertScrape          time.Duration // between two scrapes of a part, and between two evaluations
	alertPending         time.Duration // for which an alert's cause must last
	podStop, ingressStop time.Duration // grace periods of the application and of NGINX
}

// scalingPolicy is how much the autoscaler may add within a period.
type scalingPolicy struct {
	Type          string // Pods or Percent
	Value         float64
	PeriodSeconds float64 `json:"period_seconds"`
}

// budgetOf reads Terraform's outputs; the rest is in no output.
func budgetOf(outputs *environment.Outputs, hpaSync, podStop, ingressStop time.Duration) (budget, error) {
	b := budget{
		scrapeInterval:  outputs.Seconds("scrape_interval_seconds"),
		rateWindow:      outputs.Seconds("rate_window_seconds"),
		relist:          outputs.Seconds("metrics_relist_interval_seconds"),
		hpaSync:         hpaSync,
		upStabilization: outputs.Seconds("scale_up_stabilization_seconds"),
		stabilization:   outputs.Seconds("scale_down_stabilization_seconds"),
		keepalive:       outputs.Seconds("keepalive_min_timeout_seconds"),
		alertScrape:     outputs.Seconds("alerts_scrape_interval_seconds"),
		alertPending:    outputs.Seconds("alerts_pending_seconds"),
		podStop:         podStop, ingressStop: ingressStop,
	}
	var target resource.Quantity
	outputs.Into("target_average_value", &target)
	b.target = target.AsApproximateFloat64()
	outputs.Into("min_replicas", &b.minReplicas)
	outputs.Into("max_replicas", &b.maxReplicas)
	outputs.Into("scale_up_policies", &b.scaleUpPolicies)
	return b, outputs.Err()
}

// scaleUpDecision is how long after a step up of the load the autoscaler has
// wanted more replicas: the step is in the rate, and a sync that came just too
// early is followed by the next.
func (b budget) scaleUpDecision() time.Duration {
	return b.scrapeInterval + b.rateWindow + b.relist + 2*b.hpaSync + b.upStabilization + starved
}

// scaleUpReaction is how long after it as many replicas as it wants answer.
func (b budget) scaleUpReaction() time.Duration { return b.scaleUpDecision() + b.climb() + podStart }

// climb is how long the policies spread the way from the fewest replicas to the
// most. The first step comes at once, each other one a period after the last.
func (b budget) climb() (climb time.Duration) {
	for n := float64(b.minReplicas); n < float64(b.maxReplicas); {
		next, period := n, 0.0
		for _, p := range b.scaleUpPolicies {
			added := p.Value
			if p.Type == "Percent" {
				added = math.Ceil(n * p.Value / 100)
			}
			next, period = max(next, n+added), max(period, p.PeriodSeconds)
		}
		if next == n {
			break
		}
		if n = next; n < float64(b.maxReplicas) {
			climb += time.Duration(period * float64(time.Second))
		}
	}
	return climb
}

// scaleDownReaction is how long after the end of the load the fewest pods are
// left: the rate is zero, a sync has seen it, the window has passed since the
// last higher recommendation, the next sync has come, the pods have ended.
func (b budget) scaleDownReaction() time.Duration {
	return b.scrapeInterval + b.rateWindow + b.hpaSync + b.stabilization + b.hpaSync + b.podStop + starved
}

// earliestScaleDown is how long after the end of the load no replica may have
// gone yet: the last sync under load is at most one period older than its end,
// and its recommendation counts for the whole window.
func (b budget) earliestScaleDown() time.Duration { return b.stabilization - b.hpaSync }

// quiet is how long whatever ran before needs to be forgotten.
func (b budget) quiet() time.Duration { return b.scaleDownReaction() }

// loneRollout, appRollout and ingressRollout are how long an update takes that
// replaces the fewest replicas, the most of them one after the other, and NGINX.
// Pods that end do so at the same time.
func (b budget) loneRollout() time.Duration {
	return time.Duration(b.minReplicas)*podStart + b.podStop
}
func (b budget) appRollout() time.Duration {
	return time.Duration(b.maxReplicas)*podStart + b.podStop
}
func (b budget) ingressRollout() time.Duration { return podStart + b.ingressStop }

// backInRate is how long after the first scrape the autoscaler reads the right
// rate: its window is full and known, and a sync has come.
func (b budget) backInRate() time.Duration {
	return b.scrapeInterval + b.rateWindow + b.relist + 2*b.hpaSync
}

// alertFires is how long after something went wrong an alert fires: it is
// scraped, pending, and its rule is evaluated.
func (b budget) alertFires() time.Duration { return b.alertScrape + b.alertPending + 2*b.alertScrape }

// forgetful is a time after which nothing that was before counts any more: the
// highest recommendation has left its window, and a sync has come.
func (b budget) forgetful() time.Duration { return b.rateWindow + b.stabilization + 2*b.hpaSync }

// faultSteady is from any number of replicas to those that a load wants.
func (b budget) faultSteady() time.Duration { return b.scaleDownReaction() + b.scaleUpReaction() }

// alone is the rate that so many times the target would be for the fewest
// replicas, and all the same for the most.
func (b budget) alone(times float64) float64 { return times * b.target * float64(b.minReplicas) }
func (b budget) all(times float64) float64   { return times * b.target * float64(b.maxReplicas) }

// wants is the rate under which the autoscaler wants so many replicas: half a
// replica short, so that one that is a little off asks for the same.
func (b budget) wants(replicas int32) float64 { return (float64(replicas) - 0.5) * b.target }

// needRoom skips a scenario that takes an autoscaler with so many replicas more
// than the fewest.
func (b budget) needRoom(t *testing.T, more int32) {
	t.Helper()
	if b.maxReplicas < b.minReplicas+more {
		t.Skipf("takes max_replicas of at least %d, and %d to %d were applied", b.minReplicas+more, b.minReplicas, b.maxReplicas)
	}
}

// flood is a rate that wants more than all replicas: 80 requests per second by
// default.
func (b budget) flood() float64 { return b.all(1.6) }
