// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/live"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// defaultMetric is what the autoscaler of this project scales on.
const defaultMetric = "heavywork_requests_per_second"

// clusterFlags say whether and where an autoscaler is recorded.
type clusterFlags struct {
	mode    string // auto, on or off
	options timeline.Options
}

func (f *flagSet) clusterFlags(target *clusterFlags) {
	target.mode = "auto"
	f.value("cluster", "must be auto (record an autoscaler if one is found), on (do not start without one) or off", func(s string) bool {
		target.mode = s
		return s == "auto" || s == "on" || s == "off"
	})
	o := &target.options
	f.kubeconfig(o)
	f.text("hpa", "must be the autoscaler's name, for example heavywork", &o.HPA)
	f.duration("hpa-sync-period", "must be above 0 and at most 1h, in seconds or as a Go duration, for example 15 or 15s",
		func(d time.Duration) bool { return d > 0 && d <= time.Hour }, &o.SyncPeriod)
	f.text("metric", "must be what the autoscaler scales on, for example "+defaultMetric, &o.Metric)
}

// kubeconfig defines the flags that say which cluster and namespace are meant.
func (f *flagSet) kubeconfig(o *timeline.Options) {
	f.text("kubeconfig", "must be a file, for example ~/.kube/config", &o.Kubeconfig)
	f.text("context", "must be a context of the kubeconfig: kubectl config get-contexts", &o.Context)
	f.text("namespace", "must be a namespace, for example app", &o.Namespace)
}

// checkCluster refuses flags that look for a cluster together with --cluster=off.
func (f *flagSet) checkCluster(c *clusterFlags) {
	for _, name := range []string{"kubeconfig", "context", "namespace", "hpa", "metric", "hpa-sync-period"} {
		if f.given(name) && c.mode == "off" {
			f.refuse(name, "has no effect with --cluster=off: leave one of them out")
		} else if f.given(name) && !f.given("cluster") {
			c.mode = "on" // these flags ask for it
		}
	}
}

// record starts recording the autoscaler. Without one, the recorder is nil and
// the error says why; it is a remark in mode auto, a problem in mode on.
func (c clusterFlags) record(ctx context.Context) (*timeline.Recorder, error) {
	if c.mode == "off" {
		return nil, nil
	}
	if c.options.HPA == "" {
		c.options.Metric = cmp.Or(c.options.Metric, defaultMetric)
	}
	found, err := timeline.Open(ctx, c.options)
	if err == nil {
		var recorder *timeline.Recorder
		if recorder, err = timeline.Record(ctx, found); err == nil {
			return recorder, nil
		}
	}
	if c.mode == "auto" && errors.Is(err, timeline.ErrNoCluster) {
		return nil, nil
	}
	return nil, err
}

// clusterView is what the displays see of a recorder, which may be nil.
type clusterView struct{ recorder *timeline.Recorder }

func (v clusterView) now() *live.Cluster {
	if v.recorder == nil {
		return nil
	}
	sample, scaler := v.recorder.Now(), v.recorder.Autoscaler()
	return &live.Cluster{
		Name:    fmt.Sprintf("%s/%s", scaler.Namespace, scaler.HPA),
		Desired: sample.Wanted(), Replicas: sample.Replicas, Ready: sample.Ready,
		Min: scaler.MinReplicas, Max: scaler.MaxReplicas,
		Metric: sample.Metric, Target: scaler.Target,
	}
}
