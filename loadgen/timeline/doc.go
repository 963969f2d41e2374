// SPDX-License-Identifier: Apache-2.0

// Package timeline records what an autoscaler did while load was sent: the
// replicas it wanted, those that were there and ready, the metric it scales on,
// and the events that tell why.
//
//	found, err := timeline.Open(ctx, timeline.Options{})   // the only autoscaler on a metric of pods
//	recorder, err := timeline.Record(ctx, found)           // before the first request
//	...                                                    // the run
//	recorder.SetStart(result.StartedAt)
//	line := recorder.Stop()
//
// The API server reports each change to a watch, and a watch that breaks off,
// even because the API server restarts, is taken up again; what changed
// meanwhile is seen then, late. The metric is asked for once a second as well,
// since the autoscaler shows it only once in a sync period, which is 15 seconds
// by default. The period is read from the arguments of the controller manager's
// pod where there is one and these credentials may list pods in kube-system;
// Options.SyncPeriod names it for other clusters.
//
// Every time is the moment at which this process learned of a change, on its own
// monotonic clock, in seconds since the start of the run: one clock for all of
// it, that no other machine's clock and no adjustment can put out of step. The
// stamps in the objects are not used: events carry whole seconds only.
//
// The credentials need get, list and watch on the autoscaler, list on
// autoscalers of all namespaces if the autoscaler is not named, get on its
// Deployment, and list and watch on pods and events in its namespace. Without
// get on the metric (pods/<name> of custom.metrics.k8s.io) the metric is what
// the autoscaler shows.
package timeline
