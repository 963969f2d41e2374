// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// diagnosisTime is how long it may take to find out what is missing.
const diagnosisTime = 15 * time.Second

// diagnose follows the chain from the adapter to the metric and describes the first link that is missing.
func (c *Client) diagnose(ctx context.Context, namespace, deployment string, m Metric, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, diagnosisTime)
	defer cancel()
	if deployment != "" {
		d, err := c.deployment(ctx, namespace, deployment)
		if errors.Is(err, ErrDeploymentNotFound) {
			return err
		}
		if err != nil {
			return &NotServedError{ReasonAdapter, fmt.Sprintf("The state of the adapter is not known: %v.", err)}
		}
		if missing := missingFrom(d); missing != "" || wantedReplicas(d) == 0 {
			return &NotServedError{ReasonAdapter, c.describeDeployment(ctx, d, missing, timeout)}
		}
	}

	names, err := c.listMetrics(ctx, m.API)
	if err != nil {
		return &NotServedError{ReasonAPI, c.describeAPI(ctx, m.API, err)}
	}
	if m.Name == "" {
		return slow(m, timeout)
	}
	if !slices.Contains(names, m.Name) {
		return notListed(m, names, timeout)
	}
	if m.ValuesIn == "" {
		return slow(m, timeout)
	}
	n, err := c.countValues(ctx, m.API, m.Name, m.ValuesIn)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but asking for its values in namespace %q fails: %v. "+
			"The adapter's log says what Prometheus answered to metrics_query.", m.Name, m.ValuesIn, err)}
	case n == 0:
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but has no value in namespace %q: Prometheus returns nothing for metrics_query there. "+
			"Run the query in Prometheus with %s, and check that its result keeps the labels that resources names. "+
			"A rate needs two scrapes within its window.", m.Name, m.ValuesIn, fmt.Sprintf("namespace=%q", m.ValuesIn))}
	}
	return slow(m, timeout)
}

func slow(m Metric, timeout time.Duration) error {
	return &NotServedError{ReasonSlow, fmt.Sprintf("Everything for the metric %q is in place now, but it took longer than %s; apply again, and raise wait_timeout if this happens often.", m.Name, timeout)}
}

// notListed tells a metric under another name from one that has no series.
func notListed(m Metric, names []string, timeout time.Duration) error {
	series := fmt.Sprintf("The adapter lists a metric only while Prometheus has a series for it. Run %s in Prometheus: "+
		"if there is no result, the application is not scraped yet or series_query asks for labels that it does not have; "+
		"if there is one, look for the labels that resources names, and mind that the adapter asks again only every --metrics-relist-interval.",
		m.SeriesQuery)
	found := fmt.Sprintf("The adapter is up and %s answers, but after %s it does not list the metric %q.", m.API, timeout, m.Name)
	if near := nearest(m.Name, names); len(near) > 0 {
		return &NotServedError{ReasonName, fmt.Sprintf("%s It lists %s: compare metric_name with them. If none of these is meant: %s", found, quoteAll(near), series)}
	}
	return &NotServedError{ReasonSeries, fmt.Sprintf("%s It lists %d other metrics. %s", found, len(names), series)}
}

// nearest returns up to five names that could be meant by another one: one contains the other, or few letters differ.
func nearest(want string, names []string) []string {
	var near []string
	for _, name := range names {
		close := name != "" && (strings.Contains(name, want) || strings.Contains(want, name))
		if close || distance(want, name) <= max(2, len(want)/5) {
			near = append(near, name)
		}
	}
	return near[:min(len(near), 5)]
}

// distance counts the letters to insert, delete or replace to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}
