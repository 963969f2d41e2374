// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/ramp"
)

// limited answers a fixed number of requests per step, and refuses the rest. A
// step is over when its line is written, so Write refills it: no clock is
// involved.
type limited struct {
	tokens, left atomic.Int64
	wrong        atomic.Int64 // unexpected requests
	host, port   string
}

func (l *limited) Write(p []byte) (int, error) {
	l.left.Store(l.tokens.Load())
	return len(p), nil
}

func newLimited(t *testing.T, tokens int64) *limited {
	t.Helper()
	l := new(limited)
	l.tokens.Store(tokens)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet || r.RequestURI != "/api/orders?page=1" || r.Host != "shop.example":
			l.wrong.Add(1)
		case l.left.Add(-1) < 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(s.Close)
	var err error
	if l.host, l.port, err = net.SplitHostPort(s.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	return l
}

// Steps of a second at 40 and 80 per second against a server that has 60 answers
// for each: the seed decides how many requests a step has.
func TestRampAgainstAServerThatRefuses(t *testing.T) {
	t.Parallel()
	l := newLimited(t, 60)
	report := filepath.Join(t.TempDir(), "ramp.html")
	var out buffer
	err := execute(t.Context(), []string{
		"ramp", "--json", "--from=40", "--step=1", "--quantile=0.5", "--latency=9", "--seed=1", "--method=get", "--host-header=shop.example",
		"--usual-rate=50", "--peak-rate=500", "--report", report, l.host, l.port, "api/orders?page=1",
	}, &out, l, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got rampJSON
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if n := l.wrong.Load(); n != 0 {
		t.Errorf("%d requests had another method, path or host", n)
	}
	if !got.Found || got.Good < 40 || got.Good >= 80 || got.Bad <= got.Good || got.Bad > 80 || got.Proposal == nil {
		t.Fatalf("found %+v", got)
	}
	if target := got.Proposal.Target; target < 0.65*got.Good || target > 0.7*got.Good || got.Proposal.LowerBound || got.Proposal.MinReplicas < 1 || got.Proposal.MaxReplicas < 9 {
		t.Errorf("proposed %+v", *got.Proposal)
	}
	if first := got.Steps[0].Verdict; first != ramp.WarmUp {
		t.Errorf("the first step is %q", first)
	}
	page := readFile(t, report)
	for _, want := range []string{"What one pod takes: api/orders", "GET http://", "target_average_value", "<td class=\"text\">errors</td>", "loadgen ramp --json"} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

func TestRampWithoutATarget(t *testing.T) {
	t.Parallel()
	l := newLimited(t, 0)
	out := new(buffer)
	err := execute(t.Context(), []string{
		"ramp", "--from=20", "--step=1", "--quantile=0.5", "--method=GET", "--host-header=shop.example", l.host, l.port, "/api/orders?page=1",
	}, out, new(buffer), 0)
	if ExitCode(err) != 1 || !strings.Contains(out.String(), "already 20 requests per second were too many (errors)") {
		t.Errorf("exit code %d for %v after\n%s", ExitCode(err), err, out)
	}
}

func TestRampText(t *testing.T) {
	steps := []ramp.Step{
		{Rate: 10, Seconds: 10, Latency: 4, P50: 1.5, Verdict: ramp.WarmUp}, {Rate: 10, Seconds: 10, Latency: 3.9, P50: 1.2, Verdict: ramp.Good},
		{Rate: 20, Seconds: 10, Latency: 4.2, P50: 1.2, Verdict: ramp.Good}, {Rate: 40, Seconds: 10, Latency: 6, P50: 1.6, Verdict: ramp.Good},
		{Rate: 80, Seconds: 10, Latency: 900, P50: 300, SendDelay: 1, Verdict: ramp.Slow}, {Rate: 80, Seconds: 10, Latency: 800, P50: 250, Verdict: ramp.Slow},
		{Rate: 56.6, Seconds: 10, Latency: 14, P50: 4, Verdict: ramp.Good}, {Rate: 67.3, Seconds: 10, Latency: 9, P50: 3, Lost: 0.25, Verdict: ramp.Lossy},
		{Rate: 67.3, Seconds: 10, Latency: 9, P50: 3, Lost: 0.25, Verdict: ramp.Lossy}, {Rate: 61.7, Seconds: 10, Latency: 18, P50: 5, Verdict: ramp.Good},
	}
	for i := range steps {
		steps[i].Requests.Offered = int64(steps[i].Rate * steps[i].Seconds)
		steps[i].Requests.Succeeded = int64(float64(steps[i].Requests.Offered) * (1 - steps[i].Lost))
	}
	o := defaultRamp()
	o.load.seed, o.target, o.wish.Peak = 7, target{scheme: "http", host: "127.0.0.1", port: "80", endpoint: "heavywork"}, 300
	outcome := ramp.Outcome{Steps: steps, Good: 61.7, Bad: 67.3, Limit: 20, Found: true}
	text := rampText{o, draw.Style{Unicode: true}, 80}
	shown := text.head()
	for _, s := range steps {
		shown += text.row(s)
	}
	golden(t, "ramp-80.txt", shown+text.foot(outcome, []string{"one"}))
}

func TestRampRefusesBadValues(t *testing.T) {
	_, problems, _ := parseRamp([]string{
		"--from=0", "--max-rate=x", "--step=0.1", "--max-time=0", "--quantile=99", "--latency-factor=1", "--latency=0", "--errors=2", "--utilization=70",
		"--usual-rate=0", "--peak-rate=0", "--method=PUT", "--timeout=0", "--max-in-flight=0", "localhost", "80", "a b",
	})
	refused := map[string]bool{}
	for _, p := range problems {
		refused[p.Name] = true
	}
	for _, name := range []string{"--from", "--max-rate", "--step", "--max-time", "--quantile", "--latency-factor", "--latency", "--errors", "--utilization",
		"--usual-rate", "--peak-rate", "--method", "--timeout", "--max-in-flight", "PATH"} {
		if !refused[name] {
			t.Errorf("%s was not refused: %v", name, problems)
		}
	}
	for _, args := range [][]string{{"--from=20", "--max-rate=10"}, {"--usual-rate=20", "--peak-rate=10"}} {
		if _, problems, _ := parseRamp(append(args, "localhost", "80", "/")); len(problems) != 1 {
			t.Errorf("%v: %v", args, problems)
		}
	}
}

func TestRampWatchesOnlyTheAutoscalerThatIsNamed(t *testing.T) {
	for mode, args := range map[string][]string{"off": {}, "on": {"--hpa=cart"}, "auto": {"--cluster=auto"}} {
		if o, problems, _ := parseRamp(append(args, "localhost", "80", "cart")); o.cluster.mode != mode || len(problems) != 0 {
			t.Errorf("%v: mode %q, %v", args, o.cluster.mode, problems)
		}
	}
}

// The helper's autoscaler may have 5 pods, and has none.
func TestRampRefusesAnAutoscalerThatMayScale(t *testing.T) {
	var problems invalid.Values
	onePod(recorder(t), &problems)
	if len(problems) != 1 || !strings.Contains(problems.Err().Error(), "has 0 ready pods and may have 5") {
		t.Errorf("problems are %v", problems)
	}
}
