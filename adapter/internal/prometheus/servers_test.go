// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/model"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/promtest"
)

// begin is the time at which the tests' clocks start. Servers have samples from before and
// after it.
var (
	begin = time.Now().Truncate(time.Second)
	early = begin.Add(-10 * time.Minute)
	late  = begin.Add(10 * time.Minute)
)

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// adapter is one replica of the adapter.
type adapter struct {
	*Servers
	clock    *clock
	registry *prometheus.Registry
}

func replica(t *testing.T, c *clock, servers ...*promtest.Server) adapter {
	t.Helper()
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.URL)
	}
	registry := prometheus.NewRegistry()
	s, err := NewServers(urls, Access{}, 10*time.Minute, registry.MustRegister)
	if err != nil {
		t.Fatal(err)
	}
	s.now = c.now
	return adapter{s, c, registry}
}

// value returns the value of a query with a single sample, and the server that it is from.
func (a adapter) value(t *testing.T, query string) (float64, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	result, _, err := a.Query(ctx, "", query, a.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	vector, _ := result.(model.Vector)
	if len(vector) != 1 {
		t.Fatalf("%s: the answer is %s, want one sample", query, result)
	}
	return float64(vector[0].Value), string(vector[0].Metric["of"])
}

func (a adapter) switched() int { return int(testutil.ToFloat64(a.switches)) }

// preferred returns the share of the questions for which a server is preferred.
func (a adapter) preferred(t *testing.T, server *promtest.Server) float64 {
	t.Helper()
	families, err := a.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.Metric {
			if family.GetName() == "adapter_prometheus_preferred" && "http://"+metric.Label[0].GetValue() == server.URL {
				return metric.Gauge.GetValue()
			}
		}
	}
	t.Fatalf("no metric of %s", server.URL)
	return 0
}

// requests adds a counter of requests for each pod to a server, increasing by step per second.
func requests(t *testing.T, s *promtest.Server, of string, pods int, step float64, from, until time.Time) {
	t.Helper()
	for i := range pods {
		labels := fmt.Sprintf(`{namespace="ns",service="web",pod="p%d",of=%q}`, i, of)
		s.Add(t, "http_requests_total"+labels, from, until, 0, step)
		s.Add(t, "http_in_flight"+labels, from, until, step, 0)
	}
}

const (
	rate    = `sum by (of) (rate(http_requests_total{namespace="ns"}[30s]))`
	summed  = `sum by (of) (sum_over_time(http_in_flight{namespace="ns"}[30s]))`
	inquiry = `max_over_time(sum by (of) (avg_over_time(http_in_flight[10s]))[20s:1s] offset 5s)`
	instant = `sum by (of) (http_in_flight{namespace="ns"})`
)

func near(a, b float64) bool { return math.Abs(a-b) < 0.01*b }

func TestTwoReplicasAnswerWithOneServer(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 4, 10, early, late)
	requests(t, b, "b", 4, 15, early, late)
	c := &clock{at: begin}
	replicas := []adapter{replica(t, c, a, b), replica(t, c, a, b)}
	for i := range 1000 {
		r := replicas[i%2]
		if got, of := r.value(t, rate); of != "a" || !near(got, 40) {
			t.Fatalf("poll %d: %v of %q, want 40 of a", i, got, of)
		}
		c.pass(70 * time.Millisecond)
	}
	for i, r := range replicas {
		if r.switched() != 0 || r.preferred(t, a) != 1 || r.preferred(t, b) != 0 {
			t.Errorf("replica %d: %d switches, %v prefer a and %v b", i, r.switched(), r.preferred(t, a), r.preferred(t, b))
		}
	}
	a.Stop()
	for i := range 200 {
		r := replicas[i%2]
		if got, of := r.value(t, rate); of != "b" || !near(got, 60) {
			t.Fatalf("poll %d without a: %v of %q, want 60 of b", i, got, of)
		}
		c.pass(70 * time.Millisecond)
	}
	for i, r := range replicas {
		if r.switched() != 1 || r.preferred(t, a) != 0 || r.preferred(t, b) != 1 {
			t.Errorf("replica %d: %d switches, %v prefer a and %v b", i, r.switched(), r.preferred(t, a), r.preferred(t, b))
		}
		if n := testutil.ToFloat64(r.errors.WithLabelValues(strings.TrimPrefix(a.URL, "http://"))); n == 0 {
			t.Errorf("replica %d counts no errors of a", i)
		}
	}
}

func TestAServerThatComesBackAnswersWhenItHasTheHistory(t *testing.T) {
	const away = 20 * time.Second
	for name, test := range map[string]struct {
		query string
		wipe  bool
		needs time.Duration
	}{
		"rate, empty":         {rate, true, 30 * time.Second},
		"rate, with a gap":    {rate, false, 0},
		"sum, empty":          {summed, true, 30 * time.Second},
		"sum, with a gap":     {summed, false, 30 * time.Second},
		"subquery, empty":     {inquiry, true, 35 * time.Second},
		"instant, empty":      {instant, true, 0},
		"offset, empty":       {rate + " offset 0s and on (of) " + strings.Replace(rate, "]", "] offset 40s", 1), true, 70 * time.Second},
		"two ranges, one bad": {rate + " + on (of) " + strings.Replace(rate, "30s", "1m", 1), true, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			test.query = strings.Replace(test.query, " offset 0s", "", 1)
			a, b := promtest.New(t), promtest.New(t)
			requests(t, a, "a", 3, 10, early, begin)
			requests(t, b, "b", 3, 10, early, late)
			c := &clock{at: begin}
			r := replica(t, c, a, b)
			if _, of := r.value(t, test.query); of != "a" {
				t.Fatalf("%q answers first", of)
			}
			want, _ := replica(t, c, b).value(t, test.query)
			a.Stop()
			for range 2 * away / time.Second {
				c.pass(time.Second / 2)
				if got, of := r.value(t, test.query); of != "b" || !near(got, want) {
					t.Fatalf("without a: %v of %q", got, of)
				}
			}
			if test.wipe {
				a.Wipe(t)
			}
			back := c.now()
			for i := range 3 {
				labels := fmt.Sprintf(`{namespace="ns",service="web",pod="p%d",of="a"}`, i)
				a.Add(t, "http_requests_total"+labels, back, late, 10*(back.Sub(early).Seconds()), 10)
				a.Add(t, "http_in_flight"+labels, back, late, 10, 0)
			}
			a.Start()
			returned := time.Duration(0)
			for c.now().Before(back.Add(4*time.Minute)) && (returned == 0 || c.now().Before(back.Add(returned+15*time.Second))) {
				got, of := r.value(t, test.query)
				since := c.now().Sub(back)
				if got < 0.9*want {
					t.Fatalf("%v after it came back: %v of %q, want %v", since, got, of, want)
				}
				if of == "a" && returned == 0 {
					returned = since
				}
				if of == "b" && returned != 0 {
					t.Fatalf("a lost its preference again after %v", since)
				}
				c.pass(time.Second / 2)
			}
			if returned < max(settle, test.needs) || r.switched() != 2 {
				t.Errorf("a answers %v after it came back, want %v at least; %d switches", returned, max(settle, test.needs), r.switched())
			}
			t.Logf("a answers after %v", returned)
		})
	}
}

func TestTheServerThatSeesMoreSeriesAnswers(t *testing.T) {
	for pods, want := range map[int]string{100: "a", 99: "a", 97: "b", 50: "b", 0: "b"} {
		for _, query := range []string{rate, instant, `sum by (of) ({__name__=~"http_requests_total|http_in_flight"})`} {
			a, b := promtest.New(t), promtest.New(t)
			requests(t, a, "a", pods, 10, early.Add(9*time.Minute), begin)
			requests(t, b, "b", 100, 10, early.Add(9*time.Minute), begin)
			if got, of := replica(t, &clock{at: begin}, a, b).value(t, query); of != want {
				t.Errorf("with %d pods of 100: %s is %v from %q, want it from %q", pods, query, got, of, want)
			}
		}
	}
}

func TestHalfAValueIsNoAnswerWhenTheOtherServerFails(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 2, 10, early, late)
	requests(t, b, "b", 4, 10, early, late)
	c := &clock{at: begin}
	r := replica(t, c, a, b)
	if _, of := r.value(t, rate); of != "b" {
		t.Fatalf("%q answers", of)
	}
	b.Stop()
	if value, _, err := r.Query(t.Context(), "", rate, c.now()); err == nil {
		t.Errorf("got %v from a, which is known to be half the value", value)
	}
	c.pass(time.Second) // now no other server has more
	if _, of := r.value(t, rate); of != "a" {
		t.Errorf("%q answers", of)
	}
}

func TestOldSamplesAreWorse(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 3, 10, early, begin.Add(-8*time.Second))
	requests(t, b, "b", 3, 10, early, begin)
	long := strings.Replace(rate, "30s", "5m", 1) // only a few samples of it are missing
	for _, query := range []string{instant, long} {
		if _, of := replica(t, &clock{at: begin}, a, b).value(t, query); of != "b" {
			t.Errorf("%s is answered by %q", query, of)
		}
	}
}

func TestAPartialAnswerIsWorse(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 3, 10, early, late)
	requests(t, b, "b", 3, 10, early, late)
	c := &clock{at: begin}
	r := replica(t, c, a, b)
	r.value(t, rate)
	a.Warn("a store is away")
	// Even without a new measurement: the answer itself has the warning.
	if _, of := r.value(t, rate); of != "b" {
		t.Errorf("%q answers", of)
	}
	a.Warn("")
	c.pass(time.Second)
	for good := time.Duration(0); good < settle; good += time.Second {
		if _, of := r.value(t, rate); of != "b" {
			t.Fatalf("%q answers when a has been good for %s", of, good)
		}
		c.pass(time.Second)
	}
	if _, of := r.value(t, rate); of != "a" || r.switched() != 2 {
		t.Errorf("%q answers when a has been good for long, %d switches", of, r.switched())
	}
	// Neither has been good for long: the server that answers stays preferred.
	for _, bad := range []*promtest.Server{b, a, nil} {
		for _, s := range []*promtest.Server{a, b} {
			s.Warn(map[bool]string{true: "a store is away"}[s == bad])
		}
		c.pass(time.Second)
		if _, of := r.value(t, rate); of != map[bool]string{true: "a", false: "b"}[bad == b] {
			t.Errorf("%q answers", of)
		}
	}
	a.Warn("a store is away")
	b.Warn("a store is away")
	if _, warnings, err := r.Query(t.Context(), "", rate, c.now()); err != nil || len(warnings) != 1 {
		t.Errorf("both warn: %v, %v", warnings, err)
	}
}

// A question keeps its state when its objects change, and its text with them.
func TestAQuestionOutlivesItsText(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 3, 10, early, late)
	requests(t, b, "b", 3, 10, early, late)
	c := &clock{at: begin}
	r := replica(t, c, a, b)
	of := func(about, pods string) string {
		c.pass(time.Second)
		result, _, err := r.Query(t.Context(), about, fmt.Sprintf(`sum by (of) (http_in_flight{pod=~%q})`, pods), c.now())
		if err != nil {
			t.Fatal(err)
		}
		return string(result.(model.Vector)[0].Metric["of"])
	}
	of("pods", "p1")
	a.Warn("a store is away")
	of("pods", "p1")
	a.Warn("")
	if same, other := of("pods", "p1|p2"), of("others", "p1|p2"); same != "b" || other != "a" {
		t.Errorf("%q answers for more pods, and %q another question", same, other)
	}
	if n := r.preferred(t, a); n != 0.5 {
		t.Errorf("a's share is %v", n)
	}
	c.pass(2 * forget)
	if _, _, err := r.Query(t.Context(), "", rate, c.now()); err != nil {
		t.Fatal(err)
	}
	if len(r.questions) != 1 {
		t.Errorf("%d questions are kept, want 1", len(r.questions))
	}
}

func TestAServerThatHangsIsWaitedForOnce(t *testing.T) {
	for name, test := range map[string]struct{ patience, passes time.Duration }{
		"at a measurement":     {5 * time.Second, time.Second},
		"between measurements": {100 * time.Millisecond, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := promtest.New(t), promtest.New(t)
			requests(t, a, "a", 3, 10, early, late)
			requests(t, b, "b", 3, 10, early, late)
			c := &clock{at: begin}
			r := replica(t, c, a, b)
			for _, client := range r.servers {
				client.timeout = time.Hour
			}
			if _, of := r.value(t, rate); of != "a" {
				t.Fatalf("%q answers first", of)
			}
			a.Hang()
			c.pass(test.passes)
			r.patience = test.patience
			if _, of := r.value(t, rate); of != "b" {
				t.Fatalf("%q answers while a hangs", of)
			}
			r.patience = time.Hour // from now on a query that waited for a would fail the test
			a.Requests()
			for range 30 {
				if _, of := r.value(t, rate); of != "b" {
					t.Fatalf("%q answers while a hangs", of)
				}
				c.pass(500 * time.Millisecond)
			}
			if n := len(a.Requests()); n == 0 || n > 16 || r.switched() != 1 {
				t.Errorf("in 15 seconds a got %d requests; %d switches", n, r.switched())
			}
			a.Refuse(func(string) int { time.Sleep(300 * time.Millisecond); return 0 }) // slower than b
			a.Start()
			back := c.now()
			for of := ""; of != "a"; c.pass(time.Second) {
				if _, of = r.value(t, rate); c.now().Sub(back) > 5*time.Minute {
					t.Fatal("a is never preferred again")
				}
				time.Sleep(50 * time.Millisecond) // queries do not wait for the retry of a server that is down
			}
			if c.now().Sub(back) < settle {
				t.Errorf("a answers after %s", c.now().Sub(back))
			}
		})
	}
}

func TestWithoutAServerThereIsAnError(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, b, "b", 3, 10, early, late)
	c := &clock{at: begin}
	r := replica(t, c, a, b)
	r.value(t, rate)
	ask := func(what string) {
		t.Helper()
		for range 25 {
			if value, _, err := r.Query(t.Context(), "", rate, c.now()); err == nil {
				t.Fatalf("%s: the answer is %v", what, value)
			}
			c.pass(300 * time.Millisecond)
		}
		if _, err := r.SeriesNames(t.Context(), `{service!=""}`, time.Minute, c.now()); err == nil {
			t.Errorf("%s: there is a list", what)
		}
	}
	a.Stop()
	b.Refuse(func(string) int { return 500 })
	ask("one is stopped, one fails")
	b.Stop()
	ask("both are stopped")
	b.Refuse(nil)
	b.Start()
	if _, of := r.value(t, rate); of != "b" || r.switched() != 0 {
		t.Errorf("%q answers then, %d switches", of, r.switched())
	}
}

// A query that a server cannot evaluate says nothing about that server.
func TestAWrongQueryIsAnError(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	r := replica(t, &clock{at: begin}, a, b)
	if _, _, err := r.Query(t.Context(), "", "sum(", begin); !Refused(err) {
		t.Errorf("the error is %v", err)
	}
	if r.servers[0].down || r.servers[1].down {
		t.Error("a server counts as down")
	}
}

func TestRequestsShareAMeasurement(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	requests(t, a, "a", 3, 10, early, late)
	requests(t, b, "b", 3, 10, early, late)
	c := &clock{at: begin}
	r := replica(t, c, a, b)
	for range 3 {
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if _, _, err := r.Query(t.Context(), "", rate, c.now()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		c.pass(time.Second)
	}
	for _, s := range []*promtest.Server{a, b} {
		n := 0
		for _, request := range s.Requests() {
			if strings.Contains(request, "count_over_time") {
				n++
			}
		}
		if n != 3 {
			t.Errorf("a server is measured %d times in 3 seconds, want 3", n)
		}
	}
}

func TestOneServerIsNotMeasured(t *testing.T) {
	a := promtest.New(t)
	requests(t, a, "a", 3, 10, early, late)
	r := replica(t, &clock{at: begin}, a)
	r.value(t, rate)
	if requests := a.Requests(); len(requests) != 1 {
		t.Errorf("one query sends %q, want one request", requests)
	}
	if families, err := r.registry.Gather(); err != nil || len(families) > 0 {
		t.Errorf("got metrics %v, error %v; want none", families, err)
	}
	a.Stop()
	if _, _, err := r.Query(t.Context(), "", rate, begin); err == nil {
		t.Error("no error when it is stopped")
	}
	if _, err := r.SeriesNames(t.Context(), "up", time.Minute, begin); err == nil {
		t.Error("no error when it is stopped")
	}
}

func TestListsAreThoseOfAllServers(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	a.Add(t, `both{x="1"}`, early, late, 0, 1)
	a.Add(t, `one{x="1"}`, early, late, 0, 1)
	b.Add(t, `both{y="1"}`, early, late, 0, 1)
	b.Add(t, `two{y="1"}`, early, late, 0, 1)
	r := replica(t, &clock{at: begin}, a, b)
	check := func(what string, wantNames, wantLabels []string, ofBoth []string) {
		t.Helper()
		const all = `{__name__=~".+"}`
		names, err := r.SeriesNames(t.Context(), all, time.Minute, begin)
		if err != nil || !slices.Equal(names, wantNames) {
			t.Errorf("%s: the names are %q, %v", what, names, err)
		}
		labels, err := r.LabelNames(t.Context(), all, early, late)
		if err != nil || !slices.Equal(labels, wantLabels) {
			t.Errorf("%s: the labels are %q, %v", what, labels, err)
		}
		series, err := r.Series(t.Context(), all, early, late)
		if err != nil || len(series) != len(wantNames) || !slices.Equal(series["both"], ofBoth) {
			t.Errorf("%s: the series are %q, %v", what, series, err)
		}
	}
	check("both", []string{"both", "one", "two"}, []string{"__name__", "x", "y"}, []string{"x", "y"})
	a.Stop()
	check("b", []string{"both", "two"}, []string{"__name__", "y"}, []string{"y"})
	b.Stop()
	if series, err := r.Series(t.Context(), "both", early, late); err == nil {
		t.Errorf("none: the series are %q", series)
	}
}

func TestCompanion(t *testing.T) {
	part := func(n int, selector, matrix string) string {
		return fmt.Sprintf(`label_replace(count(%[2]s), "n", "%[1]d", "", "") or label_replace(sum(count_over_time(%[4]s)), "n", "%[3]d", "", "") or label_replace(max(timestamp(%[2]s)), "n", "%[5]d", "", "")`, n, selector, n+1, matrix, n+2)
	}
	for query, want := range map[string]string{
		"1 + 1":            "vector(1)",
		"WITH (x = y) x":   "vector(1)",
		`sum(up{a="1"})`:   part(0, `up{a="1"}`, `up{a="1"}[45s]`),
		"rate(x[5m])":      part(0, "x", "x[7m30s]"),
		"up / up":          part(0, "up", "up[45s]"),
		"rate(x[5s]) or x": part(0, "x", "x[7s500ms]") + " or " + part(3, "x", "x[45s]"),
		"max_over_time(rate(x[1m] offset 5s)[10m:1m] offset 1h)": part(0, "x offset 1h5s", "x[16m30s] offset 1h5s"),
		`{__name__=~"a|b"}`: `label_replace(count({__name__=~"a|b"}), "n", "0", "", "")`,
	} {
		if got, _ := companion(query); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", query, got, want)
		}
	}
}

func TestURLsThatAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.yaml")
	if err := os.WriteFile(file, []byte("basic_auth: {username: u, password: secret}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const user = "http://u:secret@a:9090"
	for _, test := range []struct {
		access Access
		urls   string
		want   string
	}{
		{Access{}, "http://a:9090 http://b:9090", ""},
		{Access{}, "http://a/1 http://a/2", ""},
		{Access{}, user + " http://b:9090", ""},
		{Access{File: file}, "http://a:9090 http://b:9090", ""},
		{Access{}, user + " http://A:9090/", "URL 2 of Prometheus is a duplicate: a:9090"},
		{Access{}, "http://a ", "URL 2 of Prometheus is empty"},
		{Access{}, "http://a b:9090", "URL 2 of Prometheus: want http://host:port"},
		{Access{}, "http://a http://u:sec/ret@b", "URL 2 of Prometheus: want http://host:port"},
		{Access{File: file}, "http://b " + user, "URL 2 of Prometheus has a user, and another flag has credentials"},
		{Access{Kubeconfig: file, Headers: []string{"a=b"}}, "http://b", "--prometheus-auth-config has everything"},
		{Access{File: file, CAFile: file}, "http://b", "--prometheus-config has everything"},
		{Access{TokenFile: file}, user, "URL 1 of Prometheus has a user, and another flag has credentials"},
	} {
		_, err := NewServers(strings.Split(test.urls, " "), test.access, time.Minute, prometheus.NewRegistry().MustRegister)
		if (err == nil) != (test.want == "") || err != nil && !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", test.urls, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "sec") {
			t.Errorf("the error contains a password: %v", err)
		}
	}
	if _, err := NewServers(nil, Access{}, time.Minute, nil); err == nil {
		t.Error("no error without a URL")
	}
}

func TestPasswordsStayOutOfMetricsAndErrors(t *testing.T) {
	a, b := promtest.New(t), promtest.New(t)
	registry := prometheus.NewRegistry()
	s, err := NewServers([]string{strings.Replace(a.URL, "//", "//u:secret@", 1), b.URL}, Access{}, time.Minute, registry.MustRegister)
	if err != nil {
		t.Fatal(err)
	}
	a.Stop()
	b.Stop()
	if _, _, err := s.Query(t.Context(), "", "up", begin); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(families); len(families) != 3 || strings.Contains(text, "secret") {
		t.Errorf("the metrics are %s", text)
	}
}
