// SPDX-License-Identifier: Apache-2.0

package metricsapi

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Reason says which link of the chain from the rule to the metric is missing.
type Reason int

// The links, in the order in which they are checked.
const (
	ReasonAdapter Reason = iota // the adapter's Deployment is not available
	ReasonRules                 // the adapter has not loaded the rules
	ReasonAPI                   // the metrics API does not answer
	ReasonName                  // a metric of a similar name is listed
	ReasonSeries                // the metric is not listed
	ReasonValues                // the metric is listed, but has no value in the namespace
	ReasonSlow                  // nothing is missing now, but it took too long
)

// NotServedError says why a metric was not served in time.
type NotServedError struct {
	Reason Reason
	Detail string // what was found, and what to do about it
}

func (e *NotServedError) Error() string { return e.Detail }

// Diagnosis finds out what is missing for several metrics. It reads once what they have in common.
type Diagnosis struct {
	client *Client
	apis   map[API]apiState
}

// apiState is what a metrics API lists.
type apiState struct {
	names   []string
	problem string // why it does not answer
}

// Diagnose returns an empty diagnosis.
func (c *Client) Diagnose() *Diagnosis { return &Diagnosis{client: c, apis: map[API]apiState{}} }

// Explain follows the chain from an adapter that is available to the metric and describes the first link that is missing.
func (d *Diagnosis) Explain(ctx context.Context, m Metric, waited time.Duration) *NotServedError {
	api := d.api(ctx, m.API)
	switch {
	case api.problem != "":
		return &NotServedError{ReasonAPI, api.problem}
	case m.Name == "":
		return slow(m, waited)
	case !slices.Contains(api.names, m.Name):
		return notListed(m, api.names, waited)
	case m.ValuesIn == "":
		return slow(m, waited)
	}
	n, err := d.client.count(ctx, m)
	switch {
	case apierrors.IsForbidden(err):
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but whether it has values in namespace %q is not known: %v.", m.Name, m.ValuesIn, m.query().denied(err))}
	case err != nil && !apierrors.IsNotFound(err):
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but asking for its values in namespace %q fails: %v. "+
			"The adapter's log says what Prometheus answered to metrics_query.", m.Name, m.ValuesIn, err)}
	case n == 0:
		return &NotServedError{ReasonValues, fmt.Sprintf("The metric %q is listed, but has no value in namespace %q: Prometheus returns nothing for metrics_query there. "+
			"Run the query in Prometheus with %s, and check that its result keeps the labels that resources names. "+
			"A rate needs two scrapes within its window.", m.Name, m.ValuesIn, fmt.Sprintf("namespace=%q", m.ValuesIn))}
	}
	return slow(m, waited)
}

func (d *Diagnosis) api(ctx context.Context, api API) apiState {
	state, ok := d.apis[api]
	if ok {
		return state
	}
	names, err := d.client.List(ctx, api)
	state.names = names
	if err != nil {
		state.problem = d.client.describeAPI(ctx, api, err)
	}
	d.apis[api] = state
	return state
}

// describeAPI says why a metrics API does not answer.
func (c *Client) describeAPI(ctx context.Context, api API, cause error) string {
	name := api.Service()
	_, problem, err := c.Registration(ctx, api)
	if err != nil {
		return fmt.Sprintf("The API %s does not answer (%v), and its APIService %s cannot be read: %v.", api, cause, name, err)
	}
	if problem != "" {
		return problem
	}
	return fmt.Sprintf("The APIService %s is available, but %s fails. The adapter serves this API only while it has a rule for it; "+
		"check that it loads the config map of this rule.", name, cause)
}

// Service is the name of the API's APIService.
func (a API) Service() string { return metricsVersion + "." + string(a) }

// Registration returns the Service that serves an API, and what is wrong if the API is not registered or not available.
func (c *Client) Registration(ctx context.Context, api API) (service types.NamespacedName, problem string, err error) {
	name := api.Service()
	var found struct {
		Spec struct {
			Service types.NamespacedName `json:"service"`
		} `json:"spec"`
		Status struct {
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	err = c.getJSON(ctx, "/apis/apiregistration.k8s.io/v1/apiservices/"+name, &found)
	if apierrors.IsNotFound(err) {
		return service, fmt.Sprintf("The API %s is not registered: there is no APIService %s. Install one that points to the adapter's service.", api, name), nil
	}
	if err != nil {
		return service, "", connection.Explain(err, "get", "apiservices", "", name)
	}
	service = found.Spec.Service
	for _, cond := range found.Status.Conditions {
		if cond.Type == "Available" && cond.Status != metav1.ConditionTrue {
			return service, fmt.Sprintf("The APIService %s is not available: %s: %s. It points to the service %s; check that service and the adapter's log.",
				name, cond.Reason, cond.Message, service), nil
		}
	}
	return service, "", nil
}

func slow(m Metric, waited time.Duration) *NotServedError {
	return &NotServedError{ReasonSlow, fmt.Sprintf("Everything for the metric %q is in place now, but it took longer than %s; apply again, and raise wait_timeout if this happens often.", m.Name, waited)}
}

// notListed tells a metric under another name from one that has no series.
func notListed(m Metric, names []string, waited time.Duration) *NotServedError {
	series := fmt.Sprintf("The adapter lists a metric only while Prometheus has a series for it. Run %s in Prometheus: "+
		"if there is no result, the name of the series has a typo, the application is not scraped yet, or series_query asks for labels that it does not have; "+
		"if there is one, look for the labels that resources names, and note that the adapter lists series only every --metrics-relist-interval.",
		m.SeriesQuery)
	found := fmt.Sprintf("%s answers, but after %s it does not list the metric %q.", m.API, waited, m.Name)
	if near := Nearest(m.Name, names); len(near) > 0 {
		return &NotServedError{ReasonName, fmt.Sprintf("%s It lists %s: compare metric_name with them. If none of these is meant: %s", found, quoteAll(near), series)}
	}
	return &NotServedError{ReasonSeries, fmt.Sprintf("%s It lists %d other metrics. %s", found, len(names), series)}
}

// Nearest returns up to five names that resemble the wanted one: one contains the other, or few letters differ.
func Nearest(want string, names []string) []string {
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
