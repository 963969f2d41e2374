// SPDX-License-Identifier: Apache-2.0

// Package budget says how long each step may take: delays that no setting changes,
// and delays and loads that follow from what was applied.
package budget

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
	PodStart = 30 * time.Second // from a wanted pod to one that answers requests; its image is on the node
	starved  = 15 * time.Second // how late all delays of a reaction are together when others need the cores

	Answer           = 10 * time.Second // one request to the ingress or to the API server, at most
	InARow           = time.Second      // one of many requests in a row, on average
	DumpTime         = time.Minute      // saving the state of the cluster after a failure
	ColdUp           = 20 * time.Minute // `kind up` with empty caches, built from source
	WarmUp           = 90 * time.Second // `kind up --no-apply` with full caches
	Settling         = time.Minute      // from a created cluster to one whose own pods are ready
	TerraformPlan    = 45 * time.Second
	TerraformApply   = 150 * time.Second // init and apply on an empty cluster, pods ready, metric served
	TerraformDestroy = 90 * time.Second
	KindDown         = time.Minute
	Collection       = 90 * time.Second // from a deletion until namespaces, owned objects and API groups are gone
	LookAgain        = time.Second      // between two polls of what cannot be watched
)

// The delays of a recovery, and how often the fault tests poll.
const (
	MetricEvery  = time.Second            // between two requests for the metric
	IngressEvery = 250 * time.Millisecond // between two requests to the ingress
	AskFor       = 5 * time.Second        // one of these requests

	PodReplace   = PodStart + PodStart     // a pod that is gone is replaced by one that is ready; Prometheus has three containers
	LeaseEnd     = 20 * time.Second        // the lease of a controller that was killed; its successor waits until it expires
	APIRestart   = time.Minute             // from a killed API server to one that answers, including the kubelet's backoff
	EndpointGone = 3 * time.Second         // from a pod's end until no node sends it new connections: its EndpointSlice, and kube-proxy, which writes its rules once a second
	NodeStop     = 30 * time.Second        // everything that ran on the node has ended
	NodeStart    = 4 * time.Minute         // from a stopped node to all its pods ready: everything starts at once
	Drain        = 2*PodReplace + NodeStop // a node is emptied: its pods are evicted, where a disruption budget says so one at a time, each after the previous one is replaced
	CrashBackoff = 80 * time.Second        // the kubelet's backoff before it restarts a container that has crashed a few times
)

// Budget holds the limits and delays of the applied environment. Loads follow from
// its limits, and every wait of a suite is a sum of its delays and those above.
type Budget struct {
	Target                   float64 // requests per second and pod
	MinReplicas, MaxReplicas int32
	scaleUpPolicies          []scalingPolicy

	ScrapeInterval       time.Duration // a request is counted up to this long before Prometheus sees it
	RateWindow           time.Duration // the rate fully reflects a step of the load after this long
	relist               time.Duration // a series may be this old before the adapter lists its metric
	HPASync              time.Duration // between two syncs of the autoscaler
	upStabilization      time.Duration // the lowest recommendation of this period counts when scaling up
	Stabilization        time.Duration // the highest recommendation of this period counts when scaling down
	Keepalive            time.Duration // NGINX closes no connection that is idle for less
	alertScrape          time.Duration // between two scrapes of a part, and between two evaluations
	alertPending         time.Duration // how long an alert's cause must last
	PodStop, ingressStop time.Duration // grace periods of the application and of NGINX
}

// scalingPolicy is how much the autoscaler may add within a period.
type scalingPolicy struct {
	Type          string // Pods or Percent
	Value         float64
	PeriodSeconds float64 `json:"period_seconds"`
}

// Of reads Terraform's outputs. The other arguments are in no output.
func Of(outputs *environment.Outputs, hpaSync, podStop, ingressStop time.Duration) (Budget, error) {
	b := Budget{
		ScrapeInterval:  outputs.Seconds("scrape_interval_seconds"),
		RateWindow:      outputs.Seconds("rate_window_seconds"),
		relist:          outputs.Seconds("metrics_relist_interval_seconds"),
		HPASync:         hpaSync,
		upStabilization: outputs.Seconds("scale_up_stabilization_seconds"),
		Stabilization:   outputs.Seconds("scale_down_stabilization_seconds"),
		Keepalive:       outputs.Seconds("keepalive_min_timeout_seconds"),
		alertScrape:     outputs.Seconds("alerts_scrape_interval_seconds"),
		alertPending:    outputs.Seconds("alerts_pending_seconds"),
		PodStop:         podStop, ingressStop: ingressStop,
	}
	var target resource.Quantity
	outputs.Into("target_average_value", &target)
	b.Target = target.AsApproximateFloat64()
	outputs.Into("min_replicas", &b.MinReplicas)
	outputs.Into("max_replicas", &b.MaxReplicas)
	outputs.Into("scale_up_policies", &b.scaleUpPolicies)
	return b, outputs.Err()
}

// ScaleUpDecision is how long after a step up of the load the autoscaler wants
// more replicas: the step is in the rate, and a sync that came just too early is
// followed by the next.
func (b Budget) ScaleUpDecision() time.Duration {
	return b.ScrapeInterval + b.RateWindow + b.relist + 2*b.HPASync + b.upStabilization + starved
}

// ScaleUpReaction is how long after a step up of the load the wanted replicas are ready.
func (b Budget) ScaleUpReaction() time.Duration { return b.ScaleUpDecision() + b.climb() + PodStart }

// climb is how long the policies take from the minimum to the maximum number of
// replicas. The first step is immediate, each other one follows a period later.
func (b Budget) climb() (climb time.Duration) {
	for n := float64(b.MinReplicas); n < float64(b.MaxReplicas); {
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
		if n = next; n < float64(b.MaxReplicas) {
			climb += time.Duration(period * float64(time.Second))
		}
	}
	return climb
}

// ScaleDownReaction is how long after the end of the load only the minimum number
// of pods is left: the rate is zero, a sync has seen it, the window has passed since
// the last higher recommendation, the next sync has come, the pods have ended.
func (b Budget) ScaleDownReaction() time.Duration {
	return b.ScrapeInterval + b.RateWindow + b.HPASync + b.Stabilization + b.HPASync + b.PodStop + starved
}

// ScaleToZero is how long after its last answer a workload that may scale to zero
// wants no replica: its counter has been scraped and has left the range of the
// activity query, which is given in scrapes, and it has been idle at every check of
// the activator. A check that came just too early is followed by the next, and
// scaling down takes one as well. Pods may still be terminating.
func (b Budget) ScaleToZero(idle time.Duration, scrapes int) time.Duration {
	const look = time.Second
	return b.ScrapeInterval + time.Duration(scrapes)*b.ScrapeInterval + idle + 3*look + starved
}

// EarliestScaleDown is how long after the end of the load no replica may be
// removed: the last sync under load is at most one period older than its end, and
// its recommendation counts for the entire window.
func (b Budget) EarliestScaleDown() time.Duration { return b.Stabilization - b.HPASync }

// Quiet is how long the effects of whatever ran before may last.
func (b Budget) Quiet() time.Duration { return b.ScaleDownReaction() }

// LoneRollout, AppRollout and IngressRollout are how long the rollout of the
// minimum replicas, of the maximum replicas and of NGINX takes. Pods start one
// after the other and terminate at the same time.
func (b Budget) LoneRollout() time.Duration {
	return time.Duration(b.MinReplicas)*PodStart + b.PodStop
}
func (b Budget) AppRollout() time.Duration {
	return time.Duration(b.MaxReplicas)*PodStart + b.PodStop
}
func (b Budget) IngressRollout() time.Duration { return PodStart + b.ingressStop }

// BackInRate is how long after the first scrape the autoscaler reads the right
// rate: its window is full, the metric is listed, and a sync has come.
func (b Budget) BackInRate() time.Duration {
	return b.ScrapeInterval + b.RateWindow + b.relist + 2*b.HPASync
}

// AlertFires is how long after something went wrong an alert fires: it is
// scraped, pending, and its rule is evaluated.
func (b Budget) AlertFires() time.Duration { return b.alertScrape + b.alertPending + 2*b.alertScrape }

// Forgetful is a time after which the past no longer counts: the highest
// recommendation has left its window, and a sync has come.
func (b Budget) Forgetful() time.Duration { return b.RateWindow + b.Stabilization + 2*b.HPASync }

// FaultSteady is how long it takes from any number of replicas to the number that
// a load wants.
func (b Budget) FaultSteady() time.Duration { return b.ScaleDownReaction() + b.ScaleUpReaction() }

// Alone is the rate in requests per second that gives each of the minimum replicas
// that many times the target; All is the same for the maximum.
func (b Budget) Alone(times float64) float64 { return times * b.Target * float64(b.MinReplicas) }
func (b Budget) All(times float64) float64   { return times * b.Target * float64(b.MaxReplicas) }

// Wants is the rate in requests per second at which the autoscaler wants this many
// replicas: half a replica short, so that a rate a little off wants the same.
func (b Budget) Wants(replicas int32) float64 { return (float64(replicas) - 0.5) * b.Target }

// NeedRoom skips a scenario that needs a maximum of at least this many replicas
// above the minimum.
func (b Budget) NeedRoom(t *testing.T, more int32) {
	t.Helper()
	if b.MaxReplicas < b.MinReplicas+more {
		t.Skipf("needs max_replicas of at least %d; %d to %d were applied", b.MinReplicas+more, b.MinReplicas, b.MaxReplicas)
	}
}

// Flood is a rate that wants more than the maximum of replicas: 80 requests per
// second by default.
func (b Budget) Flood() float64 { return b.All(1.6) }
