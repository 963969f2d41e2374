// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
	"k8s.io/klog/v2"
)

// errLate is the error of a server that has not answered within patience.
var errLate = errors.New("no answer in time")

// Servers is one server, or several that each scrape all targets. Each value comes
// from a single server: answers are never mixed or summed. One server costs no more
// than a Client.
type Servers struct {
	patience time.Duration // how long other servers are waited for once one has answered
	now      func() time.Time
	switches prometheus.Counter
	errors   *prometheus.CounterVec

	mu        sync.Mutex
	servers   []*server // in the order of preference
	questions map[string]*question
}

type server struct {
	*Client
	name  string    // host, port and path, without user and password
	down  bool      // it did not answer the last request
	tried time.Time // when it was last sent a request
}

// NewServers returns the servers at the URLs. Each request is limited to timeout, and
// to a tenth of it if another server has answered.
func NewServers(urls []string, access Access, timeout time.Duration, register func(...prometheus.Collector)) (*Servers, error) {
	transport, err := access.Transport()
	if err != nil {
		return nil, err
	}
	s := &Servers{patience: timeout / 10, now: time.Now, questions: map[string]*question{}}
	for i, text := range urls {
		// Errors must not quote the URL: it may contain a password.
		u, err := url.Parse(text)
		switch {
		case text == "":
			return nil, fmt.Errorf("URL %d of Prometheus is empty", i+1)
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return nil, fmt.Errorf("URL %d of Prometheus: want http://host:port or https://host:port, with %%-signs for special characters in a user or a password", i+1)
		case u.User != nil && access.authorizes():
			return nil, fmt.Errorf("URL %d of Prometheus has a user, and another flag has credentials: give only one of them", i+1)
		}
		one := &server{name: strings.ToLower(u.Host) + strings.TrimRight(u.Path, "/")}
		if slices.ContainsFunc(s.servers, func(other *server) bool { return other.name == one.name }) {
			return nil, fmt.Errorf("URL %d of Prometheus is a duplicate: %s", i+1, one.name)
		}
		if one.Client, err = newClient(text, transport, access.sent(u.User != nil), timeout); err != nil {
			return nil, err
		}
		s.servers = append(s.servers, one)
	}
	switch len(s.servers) {
	case 0:
		return nil, errors.New("there is no URL of Prometheus")
	case 1:
		return s, nil
	}
	s.switches = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "adapter_prometheus_switches_total", Help: "Times that a query was switched to another server.",
	})
	s.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "adapter_prometheus_errors_total", Help: "Requests that a server did not answer in time, or at all.",
	}, []string{"server"})
	register(s.switches, s.errors)
	for i, one := range s.servers {
		s.errors.WithLabelValues(one.name)
		register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "adapter_prometheus_preferred", Help: "Share of the queries for which a server is preferred: 1 or 0, unless each server has data that another one lacks.",
			ConstLabels: prometheus.Labels{"server": one.name},
		}, func() float64 { return s.share(i) }))
	}
	return s, nil
}

// Query returns the value of a query at a point in time, and the server's warnings.
// About identifies a query whose text changes with the objects that exist; if empty,
// the text identifies it.
func (s *Servers) Query(ctx context.Context, about, query string, at time.Time) (model.Value, []string, error) {
	if len(s.servers) == 1 {
		return s.servers[0].Query(ctx, query, at)
	}
	if about == "" {
		about = query
	}
	// A client that cancels its request says nothing about the servers.
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	answers, awaited := ask(asking, s, evaluate(query, at))
	impatient := time.NewTimer(s.patience)
	defer impatient.Stop()
	q, order := s.order(ctx, about, query, at)
	if order = slices.DeleteFunc(order, func(i int) bool { return !awaited[i] }); len(order) == 0 {
		return nil, nil, errors.New("the Prometheus server with the most data was down until now")
	}
	got := make([]*answer[evaluated], len(s.servers))
	for waiting := true; ; {
		var best *answer[evaluated]
		complete := true
		for _, i := range order {
			a := got[i]
			if a == nil {
				complete = false
				if waiting {
					break
				}
				continue
			}
			if rankOf(*a) == good {
				s.passedOver(q, order[:slices.Index(order, i)], got)
				return a.value.result, nil, nil
			}
			if best == nil || rankOf(*a) < rankOf(*best) {
				best = a
			}
		}
		if complete {
			return best.value.result, best.value.warnings, best.err
		}
		select {
		case a := <-answers:
			got[a.from] = &a
		case <-impatient.C:
			waiting = false
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

// evaluated is the result of a query.
type evaluated struct {
	result   model.Value
	warnings []string
}

func evaluate(query string, at time.Time) func(context.Context, *Client) (evaluated, error) {
	return func(ctx context.Context, c *Client) (evaluated, error) {
		result, warnings, err := c.Query(ctx, query, at)
		return evaluated{result, warnings}, err
	}
}

type answer[T any] struct {
	from  int
	value T
	err   error
}

// ask sends a request to the servers in parallel, and returns whose answers to await.
// Unless all servers are down, a server that is down gets a request once a second,
// and only to find out whether it is back.
func ask[T any](ctx context.Context, s *Servers, do func(context.Context, *Client) (T, error)) (<-chan answer[T], []bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers, awaited := make(chan answer[T], len(s.servers)), make([]bool, len(s.servers))
	allDown := !slices.ContainsFunc(s.servers, func(one *server) bool { return !one.down })
	for i, one := range s.servers {
		awaited[i] = allDown || !one.down
		if !awaited[i] && s.now().Sub(one.tried) < every {
			continue
		}
		one.tried = s.now()
		go func() {
			ctx := ctx
			if !awaited[i] { // do not cancel this once another server has answered
				limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience)
				defer cancel()
				ctx = limited
			}
			value, err := do(ctx, one.Client)
			s.heard(ctx, one, err)
			if awaited[i] {
				answers <- answer[T]{i, value, err}
			}
		}()
	}
	return answers, awaited
}

// heard records whether a server has answered.
func (s *Servers) heard(ctx context.Context, one *server, err error) {
	if len(s.servers) == 1 || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch down := err != nil && !Refused(err); {
	case down:
		s.errors.WithLabelValues(one.name).Inc()
		if !one.down {
			klog.InfoS("Prometheus does not answer", "server", one.name, "reason", err)
			one.down = true
		}
	case one.down:
		klog.InfoS("Prometheus answers again", "server", one.name)
		one.down = false
	}
}

// passedOver records that servers were preferred, but another one's answer was better.
func (s *Servers) passedOver(q *question, servers []int, got []*answer[evaluated]) {
	for _, i := range servers {
		rank := absent
		if got[i] != nil {
			rank = rankOf(*got[i])
		} else {
			s.heard(context.Background(), s.servers[i], errLate)
		}
		s.mu.Lock()
		q.rank[i] = max(q.rank[i], rank)
		s.choose(q)
		s.mu.Unlock()
	}
}

// Lists are merged, unlike values: a metric that only one server has is served from
// that server. A server that does not answer is left out.

// LabelNames returns the union of what Client.LabelNames returns for each server.
func (s *Servers) LabelNames(ctx context.Context, selector string, since, until time.Time) ([]string, error) {
	return names(listed(ctx, s, func(ctx context.Context, c *Client) ([]string, error) {
		return c.LabelNames(ctx, selector, since, until)
	}))
}

// SeriesNames returns the union of what Client.SeriesNames returns for each server.
func (s *Servers) SeriesNames(ctx context.Context, selector string, age time.Duration, at time.Time) ([]string, error) {
	return names(listed(ctx, s, func(ctx context.Context, c *Client) ([]string, error) { return c.SeriesNames(ctx, selector, age, at) }))
}

// Series returns the union of what Client.Series returns for each server.
func (s *Servers) Series(ctx context.Context, selector string, since, until time.Time) (map[string][]string, error) {
	lists, err := listed(ctx, s, func(ctx context.Context, c *Client) (map[string][]string, error) {
		return c.Series(ctx, selector, since, until)
	})
	all := map[string][]string{}
	for _, list := range lists {
		for name, labels := range list {
			all[name], _ = names([][]string{all[name], labels}, nil)
		}
	}
	return all, err
}

func names(lists [][]string, err error) ([]string, error) {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all), err
}

// listed returns the lists of the servers that answer. It fails if none does.
func listed[T any](ctx context.Context, s *Servers, list func(context.Context, *Client) (T, error)) (lists []T, err error) {
	answers, awaited := ask(ctx, s, list)
	var problems []error
	for i := range s.servers {
		if !awaited[i] {
			continue
		}
		if a := <-answers; a.err == nil {
			lists = append(lists, a.value)
		} else {
			problems = append(problems, a.err)
		}
	}
	if lists == nil {
		err = errors.Join(problems...)
	}
	return lists, err
}
