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

// errLate is the fault of a server that another one did not wait for.
var errLate = errors.New("no answer in time")

// Servers are one server, or several that each have all series. An answer is one
// server's, whole: what two of them say is never mixed or summed up. With one
// server a question costs what it costs with a Client.
type Servers struct {
	patience time.Duration // that a server is waited for when another one has answered
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
	down  bool      // it did not answer the last time
	tried time.Time // when it was asked the last time
}

// NewServers returns the servers at some URLs. No answer is waited for longer
// than timeout, and if another server has answered, for a tenth of it.
func NewServers(urls []string, access Access, timeout time.Duration, register func(...prometheus.Collector)) (*Servers, error) {
	transport, err := access.Transport()
	if err != nil {
		return nil, err
	}
	s := &Servers{patience: timeout / 10, now: time.Now, questions: map[string]*question{}}
	for i, text := range urls {
		// Nothing of the text may be in an error: it may have a password.
		u, err := url.Parse(text)
		switch {
		case text == "":
			return nil, fmt.Errorf("URL %d of Prometheus is empty", i+1)
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			return nil, fmt.Errorf("URL %d of Prometheus: want http://host:port or https://host:port, with %%-signs for special characters in a user or a password", i+1)
		case u.User != nil && access.authorizes():
			return nil, fmt.Errorf("URL %d of Prometheus has a user, and another flag has credentials: give one of them", i+1)
		}
		one := &server{name: strings.ToLower(u.Host) + strings.TrimRight(u.Path, "/")}
		if slices.ContainsFunc(s.servers, func(other *server) bool { return other.name == one.name }) {
			return nil, fmt.Errorf("URL %d of Prometheus is there twice: %s", i+1, one.name)
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
		Name: "adapter_prometheus_switches_total", Help: "Times that a question went over to another server.",
	})
	s.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "adapter_prometheus_errors_total", Help: "Times that a server did not answer, or too late.",
	}, []string{"server"})
	register(s.switches, s.errors)
	for i, one := range s.servers {
		s.errors.WithLabelValues(one.name)
		register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "adapter_prometheus_preferred", Help: "Share of the questions that a server is preferred for: 1 or 0, unless each server has what another one lacks.",
			ConstLabels: prometheus.Labels{"server": one.name},
		}, func() float64 { return s.share(i) }))
	}
	return s, nil
}

// Query returns what a query evaluates to at one moment, and what the server
// warns of. About names what the query is about, where its text changes with the
// objects that there are; it is the text if it is empty.
func (s *Servers) Query(ctx context.Context, about, query string, at time.Time) (model.Value, []string, error) {
	if len(s.servers) == 1 {
		return s.servers[0].Query(ctx, query, at)
	}
	if about == "" {
		about = query
	}
	// What the client gives up says nothing about a server.
	asking, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	answers, awaited := ask(asking, s, evaluate(query, at))
	impatient := time.NewTimer(s.patience)
	defer impatient.Stop()
	q, order := s.order(ctx, about, query, at)
	if order = slices.DeleteFunc(order, func(i int) bool { return !awaited[i] }); len(order) == 0 {
		return nil, nil, errors.New("the server of Prometheus that has most was down until now")
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

// evaluated is what a query evaluates to.
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

// ask asks the servers side by side, and says whose answers will come. A server
// that did not answer the last time is asked once a second, for nothing but to
// find out whether it is back, unless none answers.
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
			if !awaited[i] { // for as long as it may take, and not until another one has answered
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

// heard takes down whether a server answers.
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

// passedOver takes down that servers were preferred and that another one's answer
// was better.
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

// Of lists the answer is the union: a metric that one server has is served, from
// that server, and a name has no value that could be mixed. A server that does
// not answer takes nothing from what the others list.

// LabelNames is that of a Client.
func (s *Servers) LabelNames(ctx context.Context, selector string, since, until time.Time) ([]string, error) {
	return names(listed(ctx, s, func(ctx context.Context, c *Client) ([]string, error) {
		return c.LabelNames(ctx, selector, since, until)
	}))
}

// SeriesNames is that of a Client.
func (s *Servers) SeriesNames(ctx context.Context, selector string, age time.Duration, at time.Time) ([]string, error) {
	return names(listed(ctx, s, func(ctx context.Context, c *Client) ([]string, error) { return c.SeriesNames(ctx, selector, age, at) }))
}

// Series is that of a Client.
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

// listed returns the lists of those that answer. It is an error if none does.
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
