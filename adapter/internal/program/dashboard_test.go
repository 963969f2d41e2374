// SPDX-License-Identifier: Apache-2.0

package program

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/configuration"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/discovery"
	ours "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/serving"
)

const (
	dashboard = "../../../terraform/modules/monitoring/dashboards/autoscaling.json"
	alerts    = "../../../terraform/modules/alerts/chart/templates/rules.yaml"
)

// resettable is a mapper that never changes.
type resettable struct{ meta.RESTMapper }

func (resettable) Reset() {}

// measured returns the adapter's own metrics after a request for a metric.
func measured(t *testing.T, source *ours.Servers, registry *prometheus.Registry) []*dto.MetricFamily {
	t.Helper()
	serving.NewMetrics(registry.MustRegister).Answered("custom", "jobs_waiting", time.Now(), new(error))
	c := configuration.NewController(registry.MustRegister)
	c.Mapper, c.Relist = resettable{testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme)}, time.Hour
	c.Discoverer = &discovery.Discoverer{Client: source, MaxAge: time.Minute}
	loaded := make(chan string, 1)
	c.Loaded = func(digest string) { loaded <- digest }
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Run(ctx, func(_ context.Context, text func([]byte), _ func(error)) { text([]byte("rules: []\n")) })
	}()
	<-loaded
	cancel()
	<-ended
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// scrape stores metrics in a Prometheus as if it had scraped them for some minutes, with
// all counters increasing by one per second.
func scrape(t *testing.T, s *promtest.Server, families []*dto.MetricFamily) {
	t.Helper()
	until := time.Now()
	for _, family := range families {
		for _, metric := range family.Metric {
			labels := `job="prometheus-adapter",namespace="monitoring",pod="adapter-1"`
			for _, label := range metric.Label {
				labels += fmt.Sprintf(",%s=%q", label.GetName(), label.GetValue())
			}
			add := func(suffix, more string, first, step float64) {
				s.Add(t, fmt.Sprintf("%s%s{%s%s}", family.GetName(), suffix, labels, more), until.Add(-5*time.Minute), until, first, step)
			}
			switch family.GetType() {
			case dto.MetricType_COUNTER:
				add("", "", 0, 1)
			case dto.MetricType_GAUGE:
				add("", "", metric.Gauge.GetValue(), 0)
			case dto.MetricType_HISTOGRAM:
				for _, bucket := range metric.Histogram.Bucket {
					add("_bucket", fmt.Sprintf(",le=%q", fmt.Sprint(bucket.GetUpperBound())), 0, 1)
				}
				add("_bucket", `,le="+Inf"`, 0, 1)
				add("_count", "", 0, 1)
				add("_sum", "", 0, 1)
			}
		}
	}
}

// All panels of the row have values. With prometheus-adapter, which has none of these
// metrics, they are empty rather than wrong.
func TestTheDashboardShowsWhatTheAdapterMeasures(t *testing.T) {
	full, empty := promtest.New(t), promtest.New(t)
	registry := prometheus.NewRegistry()
	connect := func(s *promtest.Server) *ours.Servers {
		source, err := ours.NewServers([]string{s.URL}, ours.Access{}, time.Minute, registry.MustRegister)
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	inFull, inEmpty := connect(full), connect(empty)
	scrape(t, full, measured(t, inFull, registry))

	text, err := os.ReadFile(dashboard)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	row, asked := "", 0
	for _, panel := range document.Panels {
		if panel.Type == "row" {
			row = panel.Title
		}
		for _, target := range panel.Targets {
			if row != "Adapter" {
				if strings.Contains(target.Expr, "adapter_") {
					t.Errorf("%s: %s is outside the adapter's row", panel.Title, target.Expr)
				}
				continue
			}
			asked++
			query := strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")
			for source, want := range map[*ours.Servers]bool{inFull: true, inEmpty: false} {
				result, _, err := source.Query(t.Context(), "", query, time.Now())
				if vector, ok := result.(model.Vector); err != nil || !ok || len(vector) > 0 != want {
					t.Errorf("%s: %s is %v, %v; want a value: %v", panel.Title, query, result, err, want)
				}
			}
		}
	}
	if asked == 0 {
		t.Error("the dashboard has no row for the adapter")
	}
}

// An alert on a metric that has been renamed would never fire.
func TestAlertsKnowTheMetricsOfTheAdapter(t *testing.T) {
	text, err := os.ReadFile(alerts)
	if err != nil {
		t.Fatal(err)
	}
	server := promtest.New(t)
	registry := prometheus.NewRegistry()
	source, err := ours.NewServers([]string{server.URL}, ours.Access{}, time.Minute, registry.MustRegister)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, family := range measured(t, source, registry) {
		known[family.GetName()] = true
	}
	names := regexp.MustCompile(`\badapter_\w+`).FindAllString(string(text), -1)
	for _, name := range names {
		if !known[name] {
			t.Errorf("%s is not a metric of the adapter", name)
		}
	}
	if len(names) == 0 {
		t.Error("no alert uses a metric of the adapter")
	}
}
