// SPDX-License-Identifier: Apache-2.0

// Package promtest is a Prometheus for tests: its storage and its engine, with the part
// of its HTTP API that adapters use.
package promtest

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Server is a Prometheus.
type Server struct {
	*httptest.Server
	engine *promql.Engine
	parser parser.Parser

	// At, unless it is zero, is the time at which all queries are evaluated, in place
	// of the requested one, so that equal queries have equal answers.
	At time.Time

	mu       sync.Mutex
	dbs      []*tsdb.DB // the last one is in use
	requests []string   // path and form of each request
	refuse   func(path string) int
	state    state
	warning  string
}

// state is how a server treats requests.
type state int

const (
	answering state = iota
	stopped         // connections end without an answer
	hanging         // requests are accepted and not answered
)

// New starts a server, which ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{parser: parser.NewParser(parser.Options{})}
	s.Wipe(t)
	ended := make(chan struct{})
	s.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e7, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true, Parser: s.parser,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/query", s.query)
	mux.HandleFunc("/api/v1/series", s.series)
	mux.HandleFunc("/api/v1/labels", s.labels)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		s.requests = append(s.requests, r.URL.Path+"?"+r.Form.Encode())
		refuse, state := s.refuse, s.state
		s.mu.Unlock()
		switch state {
		case stopped:
			panic(http.ErrAbortHandler)
		case hanging:
			select {
			case <-ended:
			case <-r.Context().Done():
			}
			return
		}
		if refuse != nil {
			if status := refuse(r.URL.Path); status != 0 {
				fail(w, status, "execution", "refused by the test")
				return
			}
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		close(ended)
		s.Server.Close()
		for _, db := range s.dbs {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// Wipe deletes all samples.
func (s *Server) Wipe(t testing.TB) {
	t.Helper()
	db, err := tsdb.Open(t.TempDir(), nil, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dbs = append(s.dbs, db)
}

func (s *Server) storage() *tsdb.DB {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dbs[len(s.dbs)-1]
}

// Stop makes connections end without an answer.
func (s *Server) Stop() { s.become(stopped) }

// Hang makes the server accept requests and not answer them.
func (s *Server) Hang() { s.become(hanging) }

// Start makes the server answer requests again.
func (s *Server) Start() { s.become(answering) }

func (s *Server) become(state state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
}

// Warn adds a warning to each answer to a query, unless it is empty.
func (s *Server) Warn(warning string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.warning = warning
}

// Requests returns the requests since the last call.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// Refuse answers requests with the status that a function returns for their path, unless
// it is 0.
func (s *Server) Refuse(status func(path string) int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = status
}

// Add writes samples of a series, such as `http_requests_total{pod="a"}`: one per second
// between two times, starting at first and increasing by step.
func (s *Server) Add(t testing.TB, series string, from, until time.Time, first, step float64) {
	t.Helper()
	metric, err := s.parser.ParseMetric(series)
	if err != nil {
		t.Fatal(err)
	}
	appender := s.storage().Appender(t.Context())
	value := first
	for at := from; !at.After(until); at = at.Add(time.Second) {
		if _, err := appender.Append(0, metric, at.UnixMilli(), value); err != nil {
			t.Fatal(err)
		}
		value += step
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.ParseFloat(r.Form.Get("time"), 64)
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	at := s.At
	if at.IsZero() {
		at = time.UnixMilli(int64(math.Round(seconds * 1000)))
	}
	query, err := s.engine.NewInstantQuery(r.Context(), s.storage(), nil, r.Form.Get("query"), at)
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	defer query.Close()
	result := query.Exec(r.Context())
	if result.Err != nil {
		fail(w, http.StatusUnprocessableEntity, "execution", result.Err.Error())
		return
	}
	var data any
	switch value := result.Value.(type) {
	case promql.Vector:
		samples := []any{}
		for _, sample := range value {
			samples = append(samples, map[string]any{"metric": sample.Metric, "value": point(sample.T, sample.F)})
		}
		data = samples
	case promql.Scalar:
		data = point(value.T, value.V)
	case promql.String:
		data = []any{float64(value.T) / 1000, value.V}
	default:
		data = []any{}
	}
	s.mu.Lock()
	warning := s.warning
	s.mu.Unlock()
	answer(w, map[string]any{"resultType": result.Value.Type(), "result": data}, warning)
}

func point(at int64, value float64) []any {
	return []any{float64(at) / 1000, strconv.FormatFloat(value, 'f', -1, 64)}
}

func (s *Server) series(w http.ResponseWriter, r *http.Request) {
	found := []labels.Labels{}
	err := s.each(r, func(q storage.Querier, hints *storage.SelectHints, matchers []*labels.Matcher) error {
		set := q.Select(r.Context(), true, hints, matchers...)
		for set.Next() {
			found = append(found, set.At().Labels())
		}
		return set.Err()
	})
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	answer(w, found)
}

func (s *Server) labels(w http.ResponseWriter, r *http.Request) {
	found := []string{}
	err := s.each(r, func(q storage.Querier, _ *storage.SelectHints, matchers []*labels.Matcher) error {
		names, _, err := q.LabelNames(r.Context(), nil, matchers...)
		found = append(found, names...)
		return err
	})
	if err != nil {
		fail(w, http.StatusBadRequest, "bad_data", err.Error())
		return
	}
	answer(w, found)
}

// each calls do for the selectors of a request.
func (s *Server) each(r *http.Request, do func(storage.Querier, *storage.SelectHints, []*labels.Matcher) error) error {
	since, until := moment(r.Form.Get("start"), math.MinInt64), moment(r.Form.Get("end"), math.MaxInt64)
	querier, err := s.storage().Querier(since, until)
	if err != nil {
		return err
	}
	defer querier.Close()
	for _, selector := range r.Form["match[]"] {
		matchers, err := s.parser.ParseMetricSelector(selector)
		if err != nil {
			return err
		}
		if err := do(querier, &storage.SelectHints{Start: since, End: until, Func: "series"}, matchers); err != nil {
			return err
		}
	}
	return nil
}

func moment(text string, otherwise int64) int64 {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return otherwise
	}
	return int64(seconds * 1000)
}

func answer(w http.ResponseWriter, data any, warnings ...string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": data, "warnings": slices.DeleteFunc(warnings, func(w string) bool { return w == "" })})
}

func fail(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "error", "errorType": kind, "error": message})
}
