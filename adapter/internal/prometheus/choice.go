// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/klog/v2"
)

const (
	every     = time.Second      // interval between measurements for a question, and between retries of a server that is down
	settle    = 10 * time.Second // how long a server must be good again before it is preferred again
	forget    = 10 * time.Minute // how long a question is kept after it was last asked
	enough    = 0.98             // share of what the best server has
	ofInstant = 30 * time.Second // history that is measured for a selector without a range
)

// The rank of a server for one question: lower is better. Among equals the order of
// the URLs decides, so every replica of the adapter chooses the same server.
const (
	good    = iota
	few     // it sees fewer series than the best server
	young   // its history does not cover the range, or its samples are old
	partial // its answer has warnings
	absent  // it does not answer
)

var faults = [...]string{"none", "it sees fewer series", "its history has gaps or its samples are old", "its answers are partial", "it does not answer"}

// question is the state of the servers for one question, which is a query or what
// its text is about.
type question struct {
	asked, measured time.Time
	measuring       chan struct{} // closed when a measurement ends
	rank            []int         // by server
	worse           []bool        // than the best, by server
	since           []time.Time   // when a server stopped being worse
	chosen          int           // server; -1 if none has been chosen
}

func rankOf(a answer[evaluated]) int {
	switch {
	case a.err != nil:
		return absent
	case len(a.value.warnings) > 0:
		return partial
	}
	return good
}

// order returns the servers that may answer, the preferred one first. It leaves out
// servers that are worse: half a value does more harm than an error. If only such a
// server is left, the next measurement finds that out. At most one measurement runs
// for a question, and all requests that ask it meanwhile wait for that one.
func (s *Servers) order(ctx context.Context, about, query string, at time.Time) (*question, []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, n := s.now(), len(s.servers)
	q := s.questions[about]
	if q == nil {
		maps.DeleteFunc(s.questions, func(_ string, old *question) bool { return now.Sub(old.asked) > forget })
		q = &question{rank: make([]int, n), worse: make([]bool, n), since: make([]time.Time, n), chosen: -1}
		s.questions[about] = q
	}
	q.asked = now
	if q.measuring == nil && now.Sub(q.measured) >= every {
		q.measuring = make(chan struct{})
		go s.measure(context.WithoutCancel(ctx), q, query, at)
	}
	if measuring := q.measuring; measuring != nil {
		s.mu.Unlock()
		select {
		case <-measuring:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	best := slices.Min(q.rank)
	var order []int
	for i, rank := range q.rank {
		switch {
		case i == q.chosen:
			order = slices.Insert(order, 0, i)
		case rank == best:
			order = append(order, i)
		}
	}
	return q, order
}

// measure ranks the servers.
func (s *Servers) measure(ctx context.Context, q *question, query string, at time.Time) {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	text, windows := companion(query)
	answers, awaited := ask(ctx, s, evaluate(text, at))
	rank, found := make([]int, len(awaited)), make([][]numbers, len(awaited))
	for i := range awaited {
		if !awaited[i] {
			rank[i] = absent
			continue
		}
		a := <-answers
		if rank[a.from] = rankOf(a); a.err == nil {
			found[a.from] = read(a.value.result, len(windows))
		} else if Refused(a.err) {
			rank[a.from] = good // it answers, but cannot be measured
		}
	}
	compare(rank, found, windows)
	s.mu.Lock()
	defer s.mu.Unlock()
	q.rank, q.measured = rank, s.now()
	s.choose(q)
	close(q.measuring)
	q.measuring = nil
}

// choose switches away from a server as soon as another one is better, and back once
// it has been good for settle. If no server answers, the choice stays.
func (s *Servers) choose(q *question) {
	now, best, was := s.now(), slices.Min(q.rank), q.chosen
	if best == absent {
		return
	}
	q.chosen = -1
	for i, rank := range q.rank {
		if rank > best {
			q.worse[i] = true
			continue
		}
		if q.worse[i] {
			q.worse[i], q.since[i] = false, now
		}
		if q.chosen < 0 && (i == was || now.Sub(q.since[i]) >= settle) {
			q.chosen = i
		}
	}
	if q.chosen < 0 {
		q.chosen = slices.Index(q.rank, best)
	}
	if was >= 0 && was != q.chosen {
		s.switches.Inc()
		klog.InfoS("Another Prometheus is preferred", "from", s.servers[was].name, "to", s.servers[q.chosen].name, "fault", faults[q.rank[was]])
	}
}

// share returns the share of the questions for which a server is chosen, 0 to 1.
func (s *Servers) share(i int) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	all, its := 0, 0
	for _, q := range s.questions {
		if q.chosen >= 0 && s.now().Sub(q.asked) < forget {
			all++
			if q.chosen == i {
				its++
			}
		}
	}
	return float64(its) / float64(max(all, 1))
}

// numbers measure what a server has for one selector: the number of series now, the
// number of samples in a window, and the time of the newest one.
type numbers [3]float64

// companion returns a query that measures the data that a query reads, and for each
// of its selectors the window in which samples are counted. The window is half as
// long again as the range, so that a server may lack a single sample by chance and
// still cover the range. For a query without selectors, or one that this parser does
// not understand, the companion only shows whether the server answers.
func companion(query string) (string, []time.Duration) {
	expression, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(query)
	if err != nil {
		return "vector(1)", nil
	}
	var parts, seen []string
	var windows []time.Duration
	parser.Inspect(expression, func(node parser.Node, above []parser.Node) error {
		v, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		selector, window := *v, time.Duration(0)
		selector.Anchored, selector.Smoothed = false, false
		for _, node := range above {
			switch node := node.(type) {
			case *parser.MatrixSelector:
				window += node.Range
			case *parser.SubqueryExpr:
				window += node.Range
				selector.OriginalOffset += node.OriginalOffset
			}
		}
		if window == 0 {
			window = ofInstant
		}
		window += window / 2
		matrix := (&parser.MatrixSelector{VectorSelector: &selector, Range: window}).String()
		if slices.Contains(seen, matrix) {
			return nil
		}
		measures := []string{fmt.Sprintf("count(%s)", &selector)}
		if slices.ContainsFunc(v.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual }) {
			// These functions drop the name, so series that differ only by it would collide.
			measures = append(measures, fmt.Sprintf("sum(count_over_time(%s))", matrix), fmt.Sprintf("max(timestamp(%s))", &selector))
		}
		for i, measure := range measures {
			parts = append(parts, fmt.Sprintf(`label_replace(%s, "n", "%d", "", "")`, measure, len(numbers{})*len(seen)+i))
		}
		seen, windows = append(seen, matrix), append(windows, window)
		return nil
	})
	if parts == nil {
		return "vector(1)", nil
	}
	return strings.Join(parts, " or "), windows
}

func read(result model.Value, selectors int) []numbers {
	found := make([]numbers, selectors)
	vector, _ := result.(model.Vector)
	for _, sample := range vector {
		if n, err := strconv.Atoi(string(sample.Metric["n"])); err == nil && n < selectors*len(numbers{}) {
			found[n/len(numbers{})][n%len(numbers{})] = float64(sample.Value)
		}
	}
	return found
}

// compare raises the rank of each server that lacks data which another one has. A new
// or ended series does not count against a server: it is the same on all of them.
func compare(rank []int, found [][]numbers, windows []time.Duration) {
	for selector, window := range windows {
		var best numbers
		for _, of := range found {
			if of != nil {
				for i, n := range of[selector] {
					best[i] = max(best[i], n)
				}
			}
		}
		series, samples, newest := best[0], best[1], best[2]
		if series == 0 {
			continue
		}
		interval := window.Seconds() * series / max(samples, 1)
		for i, of := range found {
			switch {
			case of == nil:
			case of[selector][1] < enough*samples-series || of[selector][2] < newest-3*interval:
				rank[i] = max(rank[i], young)
			case of[selector][0] < enough*series:
				rank[i] = max(rank[i], few)
			}
		}
	}
}
