// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

// late answers no query in time.
type late struct{ asked atomic.Int32 }

func (l *late) LabelNames(context.Context, string, time.Time, time.Time) ([]string, error) {
	panic("no rule has a template")
}

func (l *late) SeriesNames(context.Context, string, time.Duration, time.Time) ([]string, error) {
	l.asked.Add(1)
	return nil, fmt.Errorf("listing: %w", context.DeadlineExceeded)
}

func (l *late) Series(context.Context, string, time.Time, time.Time) (map[string][]string, error) {
	panic("nothing was refused")
}

// Each query to a Prometheus that hangs takes its full timeout: if every rule sent one, a
// reload would take minutes.
func TestAPrometheusThatHangsIsNotAskedForEveryRule(t *testing.T) {
	var text strings.Builder
	text.WriteString("rules:\n")
	for i := range 50 {
		fmt.Fprintf(&text, "- seriesQuery: m%d{pod!=\"\"}\n  resources: {overrides: {pod: {resource: pod}}}\n  metricsQuery: sum(<<.Series>>)\n", i)
	}
	set, err := rules.Load([]byte(text.String()), testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme))
	if err != nil {
		t.Fatal(err)
	}
	client := &late{}
	d := Discoverer{Client: client, MaxAge: time.Minute}
	if _, err := d.Registry(t.Context(), set); err == nil || !strings.Contains(err.Error(), errHangs.Error()) {
		t.Errorf("the error is %v", err)
	}
	if asked := client.asked.Load(); asked < atOnce || asked >= 2*atOnce {
		t.Errorf("%d queries were sent, want at most those in flight when query %d timed out", asked, atOnce)
	}
}
