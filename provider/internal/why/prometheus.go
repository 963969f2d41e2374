// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// prometheus is a server that answers.
type prometheus struct {
	url    string // for people
	client rest.Interface
	prefix string // of its paths
}

// findPrometheus connects to the Prometheus that was named, or that the adapter queries: directly or, for a Service, through the API
// server's proxy.
func (l *look) findPrometheus(ctx context.Context, a *adapter) Link {
	address := cmp.Or(l.Prometheus, a.prometheus)
	if address == "" {
		return notLookedAt("it is not known which Prometheus the adapter queries: name one with --prometheus URL")
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return notLookedAt("the URL of Prometheus, %q, is not of the form http://host:port: name one with --prometheus URL", address)
	}
	client, err := rest.UnversionedRESTClientFor(&rest.Config{Host: address, QPS: -1, Timeout: 5 * time.Second, ContentConfig: rest.ContentConfig{NegotiatedSerializer: scheme.Codecs}})
	if err != nil {
		return notLookedAt("the URL of Prometheus, %q, cannot be used: %v", address, err)
	}
	l.prom = &prometheus{url: strings.TrimSuffix(address, "/"), client: client}
	_, direct := l.prom.query(ctx, "vector(1)")
	if direct == nil {
		return ok("%s answers", address)
	}
	namespace, path := serviceProxy(u)
	if path == "" {
		l.prom = nil
		return notLookedAt("%v: name another way to it with --prometheus URL", direct)
	}
	l.prom.client, l.prom.prefix = l.Kube.Discovery().RESTClient(), path
	if _, err = l.prom.query(ctx, "vector(1)"); err == nil {
		return ok("%s answers, through the API server", address)
	}
	l.prom = nil
	unreachable := strings.Contains(err.Error(), "error trying to reach service") // for the API server; the adapter may reach it
	if apierrors.IsServiceUnavailable(err) && !unreachable || apierrors.IsNotFound(err) {
		return missing(fmt.Sprintf("%s does not answer: %v", address, err),
			"Without Prometheus the adapter has no values, and replicas stay as they are. Its pods are not ready, or its Service is another one.",
			fmt.Sprintf("kubectl -n %s get prometheus,pods,services,endpointslices", namespace))
	}
	return notLookedAt("%s can be reached neither directly (%v) nor through the API server (%v): name another way to it with --prometheus URL, for instance one of kubectl port-forward",
		address, direct, connection.Explain(err, "get", "services/proxy", namespace, ""))
}

// serviceProxy returns the path of the API server that leads to the Service that a URL names, as in prometheus.monitoring.svc,
// and nothing for another URL.
func serviceProxy(u *url.URL) (namespace, path string) {
	parts := strings.Split(u.Hostname(), ".")
	if len(parts) < 2 || net.ParseIP(u.Hostname()) != nil || len(parts) > 2 && parts[2] != "svc" {
		return "", ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return parts[1], fmt.Sprintf("/api/v1/namespaces/%s/services/%s:%s:%s/proxy%s", parts[1], u.Scheme, parts[0], port, strings.TrimSuffix(u.Path, "/"))
}

func (p *prometheus) ask(ctx context.Context, path string, query map[string]string, data any) error {
	raw, err := get(ctx, p.client, p.prefix+path, query)
	answer := struct {
		Data  any    `json:"data"`
		Error string `json:"error"`
	}{Data: data}
	parsed := json.Unmarshal(raw, &answer)
	switch {
	case err != nil && answer.Error != "":
		return fmt.Errorf("%w: %s", err, answer.Error)
	case err != nil:
		return err
	case parsed != nil:
		return fmt.Errorf("the answer to %s is not of Prometheus' form: %w", path, parsed)
	}
	return nil
}

// query returns the values of a query.
func (p *prometheus) query(ctx context.Context, promql string) ([]float64, error) {
	var data struct {
		Result []json.RawMessage `json:"result"`
	}
	if err := p.ask(ctx, "/api/v1/query", map[string]string{"query": promql}, &data); err != nil {
		return nil, err
	}
	var values []float64
	for _, raw := range data.Result {
		var sample struct {
			Value [2]any `json:"value"`
		}
		_ = json.Unmarshal(raw, &sample) // the value of a scalar is a number, and a histogram has none: both count as one
		text, _ := sample.Value[1].(string)
		value, _ := strconv.ParseFloat(text, 64)
		values = append(values, value)
	}
	return values, nil
}

// count returns how many series a selector selects.
func (p *prometheus) count(ctx context.Context, selector string) (int, error) {
	values, err := p.query(ctx, "count("+selector+")")
	if err != nil || len(values) == 0 {
		return 0, err
	}
	return int(values[0]), nil
}

// names returns the names of the series that a selector selects.
func (p *prometheus) names(ctx context.Context, selector string) (names []string, err error) {
	start := strconv.FormatInt(time.Now().Add(-5*time.Minute).Unix(), 10)
	err = p.ask(ctx, "/api/v1/label/__name__/values", map[string]string{"match[]": selector, "start": start}, &names)
	return names, err
}

// target is a target of Prometheus.
type target struct {
	Discovered map[string]string `json:"discoveredLabels"`
	Labels     map[string]string `json:"labels"`
	URL        string            `json:"scrapeUrl"`
	Health     string            `json:"health"`
	LastError  string            `json:"lastError"`
}

func (p *prometheus) targets(ctx context.Context) ([]target, error) {
	var data struct {
		Active []target `json:"activeTargets"`
	}
	err := p.ask(ctx, "/api/v1/targets", map[string]string{"state": "active"}, &data)
	return data.Active, err
}
