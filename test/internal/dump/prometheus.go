// SPDX-License-Identifier: Apache-2.0

package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

func targets(ctx context.Context, o Options) ([]byte, error) {
	return o.prometheus(ctx, "/api/v1/targets", url.Values{"state": {"active"}})
}

func counterQuery(ctx context.Context, o Options) ([]byte, error) {
	return o.prometheus(ctx, "/api/v1/query", url.Values{"query": {o.Counter}})
}

func rules(ctx context.Context, o Options) ([]byte, error) {
	m, err := o.Client.CoreV1().ConfigMaps(o.Rules.Namespace).Get(ctx, o.Rules.ConfigMap, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	text, ok := m.Data[o.Rules.Key]
	if !ok {
		return nil, fmt.Errorf("config map %s/%s has no key %q", o.Rules.Namespace, o.Rules.ConfigMap, o.Rules.Key)
	}
	return []byte(text), nil
}

// ruleQueries sends Prometheus the query that the adapter would send for all pods
// of the namespace, once for each rule.
func ruleQueries(ctx context.Context, o Options) ([]byte, error) {
	text, err := rules(ctx, o)
	if err != nil {
		return nil, err
	}
	var config struct {
		Rules []struct {
			MetricsQuery string `json:"metricsQuery"`
		} `json:"rules"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("the adapter's rules are not YAML: %w", err)
	}
	if len(config.Rules) == 0 {
		return nil, errors.New("the adapter has no rule")
	}
	var out bytes.Buffer
	var problems []error
	for _, rule := range config.Rules {
		query := strings.NewReplacer(
			"<<.Series>>", o.Counter,
			"<<.LabelMatchers>>", fmt.Sprintf("namespace=%q", o.Metric.Namespace),
			"<<.GroupBy>>", "pod",
		).Replace(rule.MetricsQuery)
		answer, err := o.prometheus(ctx, "/api/v1/query", url.Values{"query": {query}})
		fmt.Fprintf(&out, "%s\n%s\n", query, answer)
		problems = append(problems, err)
	}
	return out.Bytes(), errors.Join(problems...)
}

// prometheus returns an answer of Prometheus's HTTP API, indented, together
// with an error when its status is not 200.
func (o Options) prometheus(ctx context.Context, path string, query url.Values) ([]byte, error) {
	address := strings.TrimSuffix(o.PrometheusURL, "/") + path + "?" + query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := o.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return body, err
	}
	var indented bytes.Buffer
	if json.Indent(&indented, body, "", "  ") == nil {
		body = indented.Bytes()
	}
	if response.StatusCode != http.StatusOK {
		return body, fmt.Errorf("GET %s: %s", address, response.Status)
	}
	return body, nil
}
