// SPDX-License-Identifier: Apache-2.0

// Package prometheus asks a Prometheus server.
package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Client asks one server.
type Client struct {
	api     promv1.API
	timeout time.Duration
}

// newClient returns a client of the server at a URL. A user and a password in it
// are sent as basic authentication. Sent says which credentials the transport
// adds. No answer is waited for longer than timeout.
func newClient(url string, transport http.RoundTripper, sent string, timeout time.Duration) (*Client, error) {
	client, err := api.NewClient(api.Config{Address: url, RoundTripper: limited{transport}})
	if err != nil {
		return nil, fmt.Errorf("URL of Prometheus: %w", err)
	}
	return &Client{api: promv1.NewAPI(checked{client, sent}), timeout: timeout}, nil
}

// Query returns what a query evaluates to at one moment, and what the server
// warns of.
func (c *Client) Query(ctx context.Context, query string, at time.Time) (model.Value, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	value, warnings, _, err := c.api.Query(ctx, query, at, promv1.WithTimeout(c.timeout))
	return value, warnings, err
}

// LabelNames returns the names of the labels that occur on the series of a selector.
func (c *Client) LabelNames(ctx context.Context, selector string, since, until time.Time) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	found, _, _, err := c.api.LabelNames(ctx, []string{selector}, since, until)
	if err != nil {
		return nil, fmt.Errorf("listing the labels of %s: %w", selector, err)
	}
	names := make([]string, len(found))
	for i, name := range found {
		names[i] = string(name)
	}
	return names, nil
}

// SeriesNames returns the names of the series that a selector matches and that
// have had a sample within an age: no label and no value of them is sent, so the
// answer grows with the number of names only. The index of Prometheus would be
// cheaper to ask, but it knows a series for hours after its last sample.
func (c *Client) SeriesNames(ctx context.Context, selector string, age time.Duration, at time.Time) ([]string, error) {
	query := fmt.Sprintf("count by (__name__) (last_over_time(%s[%s]))", selector, model.Duration(age))
	value, _, err := c.Query(ctx, query, at)
	if err != nil {
		return nil, fmt.Errorf("listing the names of %s: %w", selector, err)
	}
	vector, ok := value.(model.Vector)
	if !ok {
		return nil, fmt.Errorf("listing the names of %s: the answer is a %s", selector, value.Type())
	}
	var names []string
	for _, sample := range vector {
		name := string(sample.Metric[model.MetricNameLabel])
		if name == "" {
			return nil, fmt.Errorf("listing the names of %s: %w", selector, errNoName)
		}
		names = append(names, name)
	}
	return names, nil
}

// Series returns for each series name of a selector the labels that occur with
// it. It is what a server that refuses SeriesNames is asked.
func (c *Client) Series(ctx context.Context, selector string, since, until time.Time) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	series, _, _, err := c.api.Series(ctx, []string{selector}, since, until)
	if err != nil {
		return nil, fmt.Errorf("listing the series of %s: %w", selector, err)
	}
	seen := map[string]map[string]bool{}
	found := map[string][]string{}
	for _, s := range series {
		name := string(s[model.MetricNameLabel])
		if name == "" { // no metric can be called like it
			continue
		}
		if seen[name] == nil {
			seen[name] = map[string]bool{}
		}
		for label, value := range s {
			if label != model.MetricNameLabel && value != "" && !seen[name][string(label)] {
				seen[name][string(label)] = true
				found[name] = append(found[name], string(label))
			}
		}
	}
	return found, nil
}

// errNoName is for a server that loses the names of series in an expression, or
// has series without any: they have to be read one by one.
var errNoName = &promv1.Error{Type: promv1.ErrExec, Msg: "a series has no name"}

// Refused reports whether a server has understood a question and says no, so
// that another question may be answered.
func Refused(err error) bool {
	var answer *promv1.Error
	return errors.As(err, &answer) && (answer.Type == promv1.ErrBadData || answer.Type == promv1.ErrExec)
}

// With returns a selector that also requires a label to be there. It is false
// for text that Prometheus does not take for a selector.
func With(selector, label string) (narrowed string, required, ok bool) {
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
	if err != nil {
		return "", false, false
	}
	for _, m := range matchers {
		if m.Name == label && !m.Matches("") {
			return selector, true, true
		}
	}
	present := labels.MustNewMatcher(labels.MatchNotEqual, label, "")
	expression := &parser.VectorSelector{LabelMatchers: append(matchers, present)}
	return expression.String(), false, true
}
