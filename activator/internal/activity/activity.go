// SPDX-License-Identifier: Apache-2.0

// Package activity finds out whether a workload is idle: by a query to Prometheus,
// and by a gauge that its pods serve.
package activity

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
)

// timeout limits each request.
const timeout = 2 * time.Second

// longest limits the size of a pod's metrics, in bytes.
const longest = 16 << 20

var errNoData = errors.New("the activity query returned no data")

// Query is a query to Prometheus.
type Query struct {
	api  promv1.API
	text string
}

// NewQuery returns a query to the server at a URL.
func NewQuery(url, text string) (*Query, error) {
	client, err := api.NewClient(api.Config{Address: url})
	if err != nil {
		return nil, fmt.Errorf("URL of Prometheus: %w", err)
	}
	return &Query{promv1.NewAPI(client), text}, nil
}

// Idle reports whether every value of the result is 0. An empty result is an error.
func (q *Query) Idle(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, _, _, err := q.api.Query(ctx, q.text, time.Now(), promv1.WithTimeout(timeout))
	if err != nil {
		return false, fmt.Errorf("querying Prometheus for activity: %w", err)
	}
	switch value := answer.(type) {
	case *model.Scalar:
		return value.Value == 0, nil
	case model.Vector:
		for _, sample := range value {
			if sample.Histogram != nil || sample.Value != 0 { // NaN is not 0
				return false, nil
			}
		}
		if len(value) > 0 {
			return true, nil
		}
		return false, errNoData
	}
	return false, fmt.Errorf("the activity query returned a %s: it must return a scalar or an instant vector", answer.Type())
}

// Live reads from pods how many requests they have in flight.
type Live struct {
	config config.Live
	client *http.Client
}

// NewLive returns a Live that opens a new connection for each read.
func NewLive(c config.Live) *Live {
	return &Live{c, &http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// InFlight returns the sum over pods, each given as host:port with any of its ports.
// It fails if one of them does not answer.
func (l *Live) InFlight(ctx context.Context, pods []string) (float64, error) {
	var sum float64
	for _, pod := range pods {
		n, err := l.ask(ctx, pod)
		if err != nil {
			return 0, fmt.Errorf("reading the requests in flight of pod %s: %w", pod, err)
		}
		sum += n
	}
	return sum, nil
}

func (l *Live) ask(ctx context.Context, pod string) (float64, error) {
	host, _, err := net.SplitHostPort(pod)
	if err != nil {
		return 0, err
	}
	url := "http://" + net.JoinHostPort(host, strconv.Itoa(l.config.Port)) + l.config.Path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := l.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: status %s", url, answer.Status)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(http.MaxBytesReader(nil, answer.Body, longest))
	if err != nil {
		return 0, fmt.Errorf("%s: %w", url, err)
	}
	family := families[l.config.InFlight]
	if family == nil {
		return 0, fmt.Errorf("%s: no metric %s", url, l.config.InFlight)
	}
	var sum float64
	for _, metric := range family.GetMetric() {
		sum += metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
	}
	return sum, nil
}
