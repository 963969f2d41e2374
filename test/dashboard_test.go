// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/dashboard"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// A dashboard does not report that a metric was renamed or a label removed: it is
// empty. So each of its queries must return something under load.
//
// Besides the application's counter it shows metrics of kube-state-metrics and NGINX
// Ingress Controller, which only the upstream charts install. The adapter's row has
// data for this project's adapter only, the activator's row where there is one.
func TestDashboardHasData(t *testing.T) {
	// Grafana's rate interval is four scrape intervals, of 15 s unless its data source
	// says otherwise.
	const rateInterval = time.Minute
	b := suite.Shared.Budget
	reaction := b.ScaleUpReaction() + rateInterval
	s := suite.Start(t, b.Quiet()+reaction+budget.Answer)
	if s.Places.Exposure != "ingress" {
		t.Skip("shows what NGINX Ingress Controller measures, and this cluster has another ingress")
	}
	states, err := s.Client.AppsV1().Deployments(s.Places.Monitoring).List(s.Ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=kube-state-metrics"})
	if err != nil {
		t.Fatal(err)
	}
	if len(states.Items) == 0 {
		t.Skip("shows what kube-state-metrics reports about autoscalers, and this cluster does not have it")
	}
	activators, err := s.Client.AppsV1().Deployments(metav1.NamespaceAll).List(s.Ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=activator"})
	if err != nil {
		t.Fatal(err)
	}
	absent := map[string]bool{"Adapter": !s.Places.Reloads, "Activator": len(activators.Items) == 0}
	queries, err := dashboard.Read("../terraform/modules/monitoring/dashboards/autoscaling.json", map[string]string{
		"namespace": suite.AppNamespace, "hpa": suite.AppName, "counter": suite.CounterName,
		"window": fmt.Sprintf("%gs", b.RateWindow.Seconds()), "__rate_interval": fmt.Sprintf("%gs", rateInterval.Seconds()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(queries) == 0 {
		t.Fatal("the dashboard has no queries")
	}
	s.AwaitQuiet()

	load := s.StartLoad(suite.Flood("/heavywork"), reaction)
	prometheus := s.Prometheus()
	s.Until(reaction, "until every query of the dashboard has a value", func(ctx context.Context) error {
		var without error
		for _, query := range queries {
			values, err := prometheus.Values(ctx, query.Expression)
			if absent[query.Row] {
				if err == nil && len(values) > 0 {
					without = errors.Join(without, fmt.Errorf("%s: %s: %v, want no value, because that part is not installed", query.Where, query.Expression, values))
				}
				continue
			}
			// Without observations a quantile is NaN. While the workload is up, no request is held.
			number := func(v float64) bool { return !math.IsNaN(v) || query.Row == "Activator" }
			if err == nil && !slices.ContainsFunc(values, number) {
				err = fmt.Errorf("%d series, and no number", len(values))
			}
			if err != nil {
				without = errors.Join(without, fmt.Errorf("%s: %s: %w", query.Where, query.Expression, err))
			}
		}
		return without
	})
	load.Stop()
}
