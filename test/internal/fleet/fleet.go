// SPDX-License-Identifier: Apache-2.0

// Package fleet deploys copies of the application in a namespace of their own, each
// with its own Service, port and host name, and the activator that scales them to
// zero, so that several can scale down and wake at the same time.
package fleet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Namespace has all members and their activator.
const Namespace = "fleet"

// Idle is how long a member has to be idle: the minimum that the activator accepts.
const Idle = 5 * time.Second

// Hold is how long a request to a member is held: nearly as long as NGINX waits by
// default, because members that start side by side on a slow machine may need longer than
// the activator's default.
const Hold = 55 * time.Second

const (
	activatorName = "activator"
	firstPort     = 9001
	activityRange = 5 // scrapes
)

// Fleet is what was deployed.
type Fleet struct {
	s       *suite.Suite
	client  http.Client
	Members []*Member
	Ledger  *metrics.Ledger // of the counters of all members together
}

// Member is one copy of the application.
type Member struct {
	fleet    *Fleet
	Name     string
	Port     int
	Observer *observe.Observer
}

// Goes is how long after its last answer a member is scaled to zero.
func Goes(b budget.Budget) time.Duration { return b.ScaleToZero(Idle, activityRange) }

// Start deploys a fleet, which is deleted when the test ends. It has the
// application's image and the charts of the environment.
func Start(s *suite.Suite, members int) *Fleet {
	s.T.Helper()
	f := &Fleet{s: s, client: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	outputs, err := s.Env.Outputs(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	interval := outputs.Seconds("scrape_interval_seconds")

	objects := []string{RestrictedNamespace(Namespace)}
	var services []any
	for i := range members {
		m := &Member{fleet: f, Name: fmt.Sprintf("member-%d", i), Port: firstPort + i}
		f.Members = append(f.Members, m)
		values := Application(s, outputs, m.Name)
		values["ports"] = map[string]any{"http": m.Port}
		objects = append(objects, Render(s.T, "app/chart", m.Name, Namespace, values))
		series := fmt.Sprintf(`{namespace=%q,service=%q}`, Namespace, m.Name)
		services = append(services, map[string]any{
			"namespace": Namespace, "service": m.Name, "port": m.Port, "idle_seconds": int(Idle.Seconds()), "hold_seconds": int(Hold.Seconds()),
			"activity": fmt.Sprintf("sum(heavywork_http_requests_in_flight%s) + sum(increase(heavywork_http_requests_total%s[%s]))", series, series, activityRange*interval),
			"live":     map[string]any{"port": suite.MetricsPort, "in_flight": "heavywork_http_requests_in_flight"},
		})
	}
	objects = append(objects, Render(s.T, "terraform/modules/activator/chart", activatorName, Namespace, map[string]any{
		"image":                  s.Env.Env["TF_VAR_activator_image"],
		"prometheusURL":          outputs.Text("prometheus_url"),
		"services":               services,
		"serviceMonitorRelease":  outputs.Text("release_label"),
		"shutdownTimeoutSeconds": int((Hold + budget.Answer).Seconds()),
		"networkPolicy":          map[string]any{"enabled": s.Places.NetworkPolicies, "monitoringNamespace": s.Places.Monitoring},
	}))
	if s.Places.NetworkPolicies {
		// The environment's policies let NGINX connect to the application's port only.
		objects = append(objects, fmt.Sprintf(`{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s, namespace: %s},
  spec: {podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}}],
    ports: [{protocol: TCP, port: %d, endPort: %d}]}]}}`, Namespace, s.Places.Ingress, Namespace, firstPort, firstPort+members-1))
	}
	if err := outputs.Err(); err != nil {
		s.T.Fatal(err)
	}

	Lay(s, objects)
	f.follow()
	return f
}

// follow starts to watch the members and to count their requests, and waits until
// each is up.
func (f *Fleet) follow() {
	f.s.T.Helper()
	for _, m := range f.Members {
		observer, stop, err := observe.Start(f.s.Ctx, observe.Options{
			Client: f.s.Client, Namespace: Namespace, Name: m.Name, Log: func(string, ...any) {},
		})
		if err != nil {
			f.s.T.Fatal(err)
		}
		f.s.T.Cleanup(stop)
		m.Observer = observer
	}
	counter := metrics.Counter{Client: f.s.Client.CoreV1().RESTClient(), Namespace: Namespace, Port: suite.MetricsPort, Name: suite.CounterName}
	ledger, stop, err := counter.Follow(f.s.Ctx, f.s.Client, "app.kubernetes.io/name!="+activatorName)
	if err != nil {
		f.s.T.Fatal(err)
	}
	f.s.T.Cleanup(stop)
	f.Ledger = ledger
	for _, m := range f.Members {
		m.await(f.s.Ctx, Up(len(f.Members)), "a replica of "+m.Name, func(now observe.State) bool { return now.Ready == 1 })
		f.s.Until(budget.Settling, "until NGINX routes to "+m.Name, func(ctx context.Context) error {
			status, err := m.Post(ctx, "/lightwork")
			if err == nil && status != http.StatusOK {
				err = fmt.Errorf("status %d", status)
			}
			return err
		})
	}
}

// Up is how long this many members take to start at the same time, on two cores.
func Up(members int) time.Duration { return budget.PodStart + time.Duration(members)*5*time.Second }

// await waits for a state of a member.
func (m *Member) await(ctx context.Context, limit time.Duration, what string, condition func(observe.State) bool) observe.State {
	m.fleet.s.T.Helper()
	state, err := m.Observer.Await(ctx, limit, what, condition)
	if err != nil {
		m.fleet.s.T.Fatal(err)
	}
	return state
}

// AwaitZero waits until a member wants no replica, and returns since when.
func (m *Member) AwaitZero(ctx context.Context) (time.Time, error) {
	state, err := m.Observer.Await(ctx, Goes(suite.Shared.Budget), m.Name+" to have no replica", func(now observe.State) bool { return now.Wanted == 0 })
	return state.At, err
}

func (m *Member) host() string { return Host(m.Name) }

// Post sends one request without a body on a connection of its own, and returns the
// status of the answer.
func (m *Member) Post(ctx context.Context, path string) (status int, err error) {
	reply, err := m.PostFor(ctx, path)
	if err != nil {
		return 0, err
	}
	return reply.StatusCode, nil
}

// PostFor is Post that returns the answer, whose body has been read.
func (m *Member) PostFor(ctx context.Context, path string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.fleet.s.Env.HTTPURL+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Host = m.host()
	response, err := m.fleet.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return nil, fmt.Errorf("the answer with status %d broke off: %w", response.StatusCode, err)
	}
	return response, nil
}
