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

// diagnosis finds out what is missing, for several metrics of one adapter: what they have in common is asked for once.
type diagnosis struct {
	client                *Client
	namespace, deployment string

	adapterKnown bool
	adapter      error  // the Deployment is missing or not ready
	restarts     string // why it is not known whether its pods restart
	apis         map[API]apiState
}

// apiState is what a metrics API says.
type apiState struct {
	names   []string
	problem string // why it does not answer
}

// explain follows the chain from the adapter to the metric and describes the first link that is missing.
func (d *diagnosis) explain(ctx context.Context, m Metric, timeout time.Duration) error {
	if err := d.adapterError(ctx, timeout); err != nil {
		return err
	}
	err := d.explainMetric(ctx, m, timeout)
	if err.Reason != ReasonSlow {
		err.Detail += d.restarts
	}
	return err
}

// explainMetric describes the first link that is missing behind an adapter that is available.
func (d *diagnosis) explainMetric(ctx context.Context, m Metric, timeout time.Duration) *NotServedError {
	api := d.api(ctx, m.API)
	switch {
	case api.problem != "":
		return &NotServedError{ReasonAPI, api.problem}
	case m.Name == "":
		return slow(m, timeout)
	case !slices.Contains(api.names, m.Name):
		return notListed(m, api.names, timeout)
	case m.ValuesIn == "":
		return slow(m, timeout)
	}
	n, err := d.client.countValues(ctx, m.API, m.Name, m.ValuesIn)
	switch {
	case apierrors.IsForbidden(err):
		asked := MetricQuery{API: m.API, Metric: m.Name, Namespace: m.ValuesIn, Resource: "pods"}
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but whether it has values in namespace %q is not known: %v.", m.Name, m.ValuesIn, asked.denied(err))}
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

func (d *diagnosis) adapterError(ctx context.Context, timeout time.Duration) error {
	if d.deployment == "" || d.adapterKnown {
		return d.adapter
	}
	d.adapterKnown = true
	deployment, err := d.client.deployment(ctx, d.namespace, d.deployment)
	switch {
	case errors.Is(err, ErrDeploymentNotFound):
		d.adapter = err
	case err != nil:
		d.adapter = &NotServedError{ReasonAdapter, fmt.Sprintf("The state of the adapter is not known: %v.", err)}
	default:
		missing := missingFrom(deployment)
		pods, err := d.client.provenPods(ctx, deployment)
		if n := restartingPods(pods, time.Now()); missing == "" && n > 0 {
			missing = fmt.Sprintf("%d of its pods restart, whatever is available at this moment", n)
		}
		if missing != "" || wantedReplicas(deployment) == 0 {
			d.adapter = &NotServedError{ReasonAdapter, d.client.describeDeployment(ctx, deployment, pods, err, missing, timeout)}
		} else if err != nil {
			d.restarts = fmt.Sprintf(" The adapter's deployment is available, but whether its pods restart is not known: %v.", err)
		}
	}
	return d.adapter
}

func (d *diagnosis) api(ctx context.Context, api API) apiState {
	state, ok := d.apis[api]
	if ok {
		return state
	}
	names, err := d.client.listMetrics(ctx, api)
	state.names = names
	if err != nil {
		state.problem = d.client.describeAPI(ctx, api, err)
	}
	if d.apis == nil {
		d.apis = map[API]apiState{}
	}
	d.apis[api] = state
	return state
}

func slow(m Metric, timeout time.Duration) *NotServedError {
	return &NotServedError{ReasonSlow, fmt.Sprintf("Everything for the metric %q is in place now, but it took longer than %s; apply again, and raise wait_timeout if this happens often.", m.Name, timeout)}
}

// notListed tells a metric under another name from one that has no series.
func notListed(m Metric, names []string, timeout time.Duration) *NotServedError {
	series := fmt.Sprintf("The adapter lists a metric only while Prometheus has a series for it. Run %s in Prometheus: "+
		"if there is no result, the application is not scraped yet or series_query asks for labels that it does not have; "+
		"if there is one, look for the labels that resources names, and mind that the adapter asks again only every --metrics-relist-interval.",
		m.SeriesQuery)
	found := fmt.Sprintf("%s answers, but after %s it does not list the metric %q.", m.API, timeout, m.Name)
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
