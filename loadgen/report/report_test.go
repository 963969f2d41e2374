// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// evil tries to break out of every place that text is put into.
const evil = `</script><img src=x onerror="window.hacked=1"><!--<script>window.hacked=1</script> '"; window.hacked=1 //`

func hostile(t testing.TB) *result.Document {
	t.Helper()
	document := benchmark.document(t)
	document.Run.Target = "http://localhost/" + evil
	document.Timeline.HPA, document.Timeline.Metric = evil, evil
	for i := range document.Timeline.Events {
		e := &document.Timeline.Events[i]
		e.Reason, e.Message, e.Object, e.Type = evil, evil, evil, evil
	}
	for kind, e := range document.Errors {
		e.Example = evil
		document.Errors[kind] = e
	}
	document.Seconds[5].Errors[measure.ErrorKind(evil)] = 1
	return document
}

// again has a command for one target only.
func again(document *result.Document) string {
	if !strings.HasSuffix(document.Run.Target, "/heavywork") {
		return ""
	}
	return fmt.Sprintf("loadgen run --profile %s --seed %d localhost 80 heavywork", document.Run.Profile.Text, document.Run.Seed)
}

func written(t testing.TB, documents ...*result.Document) string {
	t.Helper()
	var b bytes.Buffer
	err := Write(&b, documents[0], again)
	if len(documents) == 2 {
		b.Reset()
		err = WriteCompare(&b, documents[0], documents[1], again)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextIsEscaped(t *testing.T) {
	for name, html := range map[string]string{"report": written(t, hostile(t)), "comparison": written(t, hostile(t), hostile(t))} {
		if strings.Contains(html, "<img") || strings.Contains(html, "<!--") {
			t.Errorf("%s: text of the data becomes markup", name)
		}
		// The data, and the script, each end where they should.
		if got := strings.Count(html, "</script>"); got != 2 {
			t.Errorf("%s: %d ends of scripts, want 2", name, got)
		}
		var data chartData
		if err := json.Unmarshal([]byte(between(t, html, `<script type="application/json" id="data">`, `</script>`)), &data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := data.Runs[0].Events[0].Message; got != evil {
			t.Errorf("%s: the message arrives as %q", name, got)
		}
	}
}

// The policy allows exactly the style and the script of the page.
func TestPolicyNamesStyleAndScript(t *testing.T) {
	html := written(t, benchmark.document(t))
	policy := between(t, html, `<meta http-equiv="Content-Security-Policy" content="`, `"`)
	policy = strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy)
	for _, want := range []string{
		"default-src 'none'",
		"style-src '" + hash([]byte(between(t, html, "<style>", "</style>"))) + "'",
		"script-src '" + hash([]byte(between(t, html, "<script>", "</script>"))) + "'",
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if address := regexp.MustCompile(`(?:src|href)="(?:[^d"]|d[^a"])[^"]*"`).FindString(html); address != "" {
		t.Errorf("the page loads %s", address)
	}
}

func between(t testing.TB, text, start, end string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, start)
	inside, _, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("nothing between %q and %q", start, end)
	}
	return inside
}

func TestSummarySaysWhatHappened(t *testing.T) {
	html := written(t, benchmark.document(t))
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, "")
	text = strings.ReplaceAll(text, "\u00a0", " ")
	for _, want := range []string{
		"31,622 requests were due over 8 min 20 s: a Poisson process with a rate that decays from 80 to 48.5 per second; 31,478 were expected.",
		"99.92 % of those sent were answered with 2xx; 15 had another status, 11 got no answer, 59 were dropped because too many were in flight.",
		"The autoscaler wanted more replicas 7.1 s after the first request, and the first one was ready 3 s later; 5 of at most 5 were ready after 25.2 s. It was back at 1 replica 1 min 3 s after the load.",
		"0.19 % of the load was never sent",
		"loadgen run --profile decay:arrival_rate=80,decay_rate=0.001,duration=500 --seed 42 localhost 80 heavywork",
		"read tcp 127.0.0.1:37662-&gt;127.0.0.1:80: read: connection reset by peer",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// The rate of the first second would be 19.8 and 19.9 on average.
func TestTheRateAtTheStartIsTheOneAskedFor(t *testing.T) {
	for profile, want := range map[string]string{
		"decay:arrival_rate=20,decay_rate=0.02,duration=100":  "decays from 20 to 2.71 per second",
		"decay:arrival_rate=20,decay_rate=0.02,duration=30.5": "decays from 20 to 10.9 per second",
		"constant:rate=20,duration=30.5":                      "a constant rate of 20 per second",
		"ramp:from=0,to=40,duration=30":                       "starts at 0, peaks at 40 and ends at 40 per second",
	} {
		s := benchmark
		s.profile = profile
		if html := written(t, s.document(t)); !strings.Contains(strings.ReplaceAll(html, "\u00a0", " "), want) {
			t.Errorf("the report of %s does not say %q", profile, want)
		}
	}
}

func TestPausesAreNoConstantRate(t *testing.T) {
	for profile, want := range map[string]string{
		"constant:rate=20,duration=10;constant:rate=0,duration=5.5;constant:rate=20,duration=10.5": "the profile constant, which starts at 20, peaks at 20 and ends at 20 per second, with 5 s of pauses",
		"constant:rate=20,duration=10;constant:rate=10,duration=5;constant:rate=20,duration=10":    "the profile constant, which starts at 20, peaks at 20 and ends at 20 per second;",
		"constant:rate=20,duration=10;constant:rate=20,duration=10.5":                              "a constant rate of 20 per second;",
	} {
		s := benchmark
		s.profile = profile
		if html := written(t, s.document(t)); !strings.Contains(strings.ReplaceAll(html, "\u00a0", " "), want) {
			t.Errorf("the report of %s does not say %q", profile, want)
		}
	}
}

// Data that a document lacks must not be made up.
func TestBareDocuments(t *testing.T) {
	silent := benchmark.document(t)
	silent.Seconds, silent.Timeline = nil, nil
	silent.Requests = measure.Counts{}
	silent.Latency, silent.SuccessLatency, silent.SendDelay = measure.NewDistribution(), measure.NewDistribution(), measure.NewDistribution()
	html := written(t, silent)
	for _, want := range []string{"None was sent.", "0 requests were due", "no autoscaler was recorded"} {
		if !strings.Contains(html, want) {
			t.Errorf("a run without a request does not say %q", want)
		}
	}
	watched := benchmark.document(t)
	watched.Timeline = &timeline.Timeline{}
	if html := written(t, watched); !strings.Contains(html, "no autoscaler was recorded") {
		t.Error("a timeline without samples counts as one")
	}
	written(t, silent, watched)
}

func TestReactionIsMeasuredFromTheFirstRequest(t *testing.T) {
	document := benchmark.document(t)
	for i := range document.Seconds[:20] {
		document.Seconds[i].Offered = 0
	}
	document.Timeline.Samples = []timeline.Sample{
		{T: -3, Desired: 2, Ready: 2}, {T: 31.5, Desired: 4, Ready: 2}, {T: 36, Desired: 4, Ready: 3}, {T: 40, Desired: 4, Ready: 4},
		{T: 300, Desired: 2, Ready: 4}, {T: 301, Desired: 2, Ready: 2}, {T: 310, Desired: 4, Ready: 4}, {T: 560, Desired: 2, Ready: 4}, {T: 562.5, Desired: 2, Ready: 2}, {T: 570, Desired: 2, Ready: 2},
	}
	r := ReactionOf(document)
	if r.Before != 2 || *r.Desired != 11.5 || *r.Ready != 16 || r.Most != 4 || *r.MostAt != 20 || *r.Back != 62.5 {
		t.Errorf("before %d, desired %g, ready %g, most %d at %g, back %g; want 2, 11.5, 16, 4, 20, 62.5", r.Before, *r.Desired, *r.Ready, r.Most, *r.MostAt, *r.Back)
	}
	document.Timeline.Samples = document.Timeline.Samples[:1]
	if r := ReactionOf(document); r.Desired != nil || r.Ready != nil || r.MostAt != nil || r.Back != nil {
		t.Errorf("a reaction that never happened: %+v", r)
	}
}

func TestNoCommandIsMadeUp(t *testing.T) {
	document := benchmark.document(t)
	if html := written(t, document); !strings.Contains(html, again(document)) || strings.Contains(html, "has no arguments for these requests") {
		t.Error("the report has no command")
	}
	document.Run.Target = "http://localhost/elsewhere"
	if html := written(t, document); !strings.Contains(html, "has no arguments for these requests") || strings.Contains(html, "loadgen run --profile") {
		t.Error("the report of another path has a command")
	}
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorsAreReturned(t *testing.T) {
	document := benchmark.document(t)
	if err := Write(brokenWriter{}, document, again); !errors.Is(err, errBroken) {
		t.Errorf("Write returns %v", err)
	}
	if err := WriteCompare(brokenWriter{}, document, document, again); !errors.Is(err, errBroken) {
		t.Errorf("WriteCompare returns %v", err)
	}
}

func TestNumbersInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{measured(1.6), "1.60"}, {measured(0.0123), "0.012"}, {measured(1234.6), "1,235"}, {measured(99.99), "100.0"}, {measured(0), "0"},
		{number(10), "10"}, {number(0.5), "0.5"}, {grouped(1234567), "1,234,567"},
		{seconds(0.25), "0.3 s"}, {seconds(59.96), "60 s"}, {seconds(500), "8 min 20 s"}, {seconds(3600), "1 h"},
		{clock(-4.2), "−0:04"}, {clock(3725), "1:02:05"},
		{percent(0, 10), "0 %"}, {percent(1, 100000), "< 0.01 %"}, {percent(99999, 100000), "> 99.99 %"}, {percent(1, 3), "33.3 %"}, {percent(1, 0), "–"},
		{unbroken("99.9 % in 1.5 ms, 8 min 20 s to 5 replicas"), "99.9\u00a0% in 1.5\u00a0ms, 8\u00a0min 20\u00a0s to 5 replicas"},
		{byteCount(999), "999 B"}, {byteCount(1072258), "1.07 MB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
