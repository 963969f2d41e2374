// SPDX-License-Identifier: Apache-2.0

// Package prometheus queries one Prometheus server, or several with the same targets.
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

// Client queries one server.
type Client struct {
	api     promv1.API
	timeout time.Duration
}

// newClient returns a client for the server at a URL. A user and a password in it
// are sent as basic authentication. Sent describes the credentials that the transport
// adds, for error messages. Each request is limited to timeout.
func newClient(url string, transport http.RoundTripper, sent string, timeout time.Duration) (*Client, error) {
	client, err := api.NewClient(api.Config{Address: url, RoundTripper: limited{transport}})
	if err != nil {
		return nil, fmt.Errorf("URL of Prometheus: %w", err)
	}
	return &Client{api: promv1.NewAPI(checked{client, sent}), timeout: timeout}, nil
}

// Query returns the value of a query at a point in time, and the server's warnings.
func (c *Client) Query(ctx context.Context, query string, at time.Time) (model.Value, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	value, warnings, _, err := c.api.Query(ctx, query, at, promv1.WithTimeout(c.timeout))
	return value, warnings, err
}

// LabelNames returns the names of all labels of the series that a selector matches.
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

// SeriesNames returns the names of the series that a selector matches and that have
// a sample no older than age. The answer has no labels and no values, so it grows only
// with the number of names. Prometheus' index would be cheaper, but it keeps a series
// for hours after its last sample.
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

// Series maps each series name of a selector to the labels that occur with it. It is
// the fallback for servers that refuse SeriesNames.
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
		if name == "" { // no metric can be named after it
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

// errNoName is for a server whose expressions drop the names of series, or whose
// series have none. Being an execution error, it makes callers fall back to Series.
var errNoName = &promv1.Error{Type: promv1.ErrExec, Msg: "a series has no name"}

// Refused reports whether a server has rejected a query instead of failing, so that
// a different query may succeed.
func Refused(err error) bool {
	var answer *promv1.Error
	return errors.As(err, &answer) && (answer.Type == promv1.ErrBadData || answer.Type == promv1.ErrExec)
}

// With narrows a selector to series that have a label. If the selector already
// requires the label, it is returned unchanged, and required is true. If the text is
// not a selector, ok is false.
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
