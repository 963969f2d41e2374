// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// work runs all pods, concurrently in this process, with a short load on a
// server of the test, and returns their logs.
func work(t *testing.T, pods int) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(server.Close)
	load, err := schedule.Parse("constant:rate=200,duration=0.5")
	if err != nil {
		t.Fatal(err)
	}
	free := listen(t)
	meet := free.Addr().String()
	free.Close()
	logs := make([]bytes.Buffer, pods)
	done := make(chan error)
	for index := range pods {
		go func() {
			done <- Work(t.Context(), Share{
				Target: server.URL, Load: load, Seed: 7, Pods: pods, Index: index, MaxInFlight: 100, Timeout: time.Minute,
				Meet: meet, MeetTimeout: time.Minute,
			}, &logs[index], &logs[index])
		}()
	}
	for range pods {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	var texts []string
	for i := range logs {
		texts = append(texts, logs[i].String())
	}
	return texts
}

// server is an API server that has one Job, its pods and their logs.
type server struct {
	jobs   []batchv1.Job
	pods   []corev1.Pod
	logs   map[string]string // by pod
	looked atomic.Int32      // how often the Job was asked for
	over   int32             // the poll that finds it over
	down   int32             // polls that the server does not answer
}

func newServer(logs ...string) *server {
	completions := int32(len(logs))
	s := &server{logs: map[string]string{}}
	s.jobs = []batchv1.Job{newJob("load-2", "load", 2, completions), newJob("load-1", "load", 1, 1), newJob("other-9", "other", 0, 1)}
	for i, log := range logs {
		name := "load-2-" + strconv.Itoa(i)
		s.pods = append(s.pods, corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{batchv1.JobCompletionIndexAnnotation: strconv.Itoa(i)}},
			Status:     corev1.PodStatus{Phase: corev1.PodSucceeded},
		})
		s.logs[name] = log
	}
	return s
}

func newJob(name, release string, created int64, completions int32) batchv1.Job {
	return batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"app.kubernetes.io/instance": release}, CreationTimestamp: metav1.Unix(created, 0),
		},
		Spec:   batchv1.JobSpec{Completions: &completions},
		Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}},
	}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(v any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
	path := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/apis/batch/v1/namespaces/app/"), "/api/v1/namespaces/app/")
	switch parts := strings.Split(path, "/"); {
	case path == "jobs" && r.URL.Query().Get("labelSelector") == "app.kubernetes.io/name=loadgen":
		list := batchv1.JobList{Items: append([]batchv1.Job(nil), s.jobs...)}
		if len(list.Items) > 0 && s.over > 0 {
			list.Items[0].Status = batchv1.JobStatus{Active: 1}
		}
		answer(list)
	case parts[0] == "jobs" && len(parts) == 2:
		look := s.looked.Add(1)
		if look <= s.down {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		j := s.jobs[0]
		if look < s.over {
			j.Status = batchv1.JobStatus{Active: 1}
		}
		answer(j)
	case path == "pods" && r.URL.Query().Get("labelSelector") == batchv1.JobNameLabel+"=load-2":
		answer(corev1.PodList{Items: s.pods})
	case parts[0] == "pods" && len(parts) == 3 && parts[2] == "log" && r.URL.Query().Get("container") == "loadgen":
		_, _ = io.WriteString(w, s.logs[parts[1]])
	default:
		http.NotFound(w, r)
	}
}

func (s *server) options(t *testing.T) Options {
	t.Helper()
	listening := httptest.NewServer(s)
	t.Cleanup(listening.Close)
	client, err := kube.New(&rest.Config{Host: listening.URL})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Client: client, Namespace: "app", lookEvery: time.Millisecond}
}

func TestResultsOfAllPodsAddUp(t *testing.T) {
	const pods = 3
	logs := work(t, pods)
	c, err := Collect(t.Context(), newServer(logs...).options(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.Job != "load-2" || c.Err() != nil {
		t.Errorf("job is %s, missing: %v; want all of load-2", c.Job, c.Err())
	}
	merged, err := c.Merge()
	if err != nil {
		t.Fatal(err)
	}
	// The requests of each process are known in advance, and all of them were answered.
	var want int64
	for index := range pods {
		whole, _ := schedule.Parse("constant:rate=200,duration=0.5")
		part, err := schedule.NewPoisson(whole.Scale(1./pods), whole.Duration(), schedule.PartSeed(7, index))
		if err != nil {
			t.Fatal(err)
		}
		for range part.Arrivals() {
			want++
		}
	}
	if r := merged.Requests; r.Offered != want || r.Succeeded != want {
		t.Errorf("%d requests were due and %d succeeded, want %d", r.Offered, r.Succeeded, want)
	}
	if merged.Run.Generators != pods || merged.Run.ExpectedRequests != 100 {
		t.Errorf("%d generators expect %g requests, want %d and 100", merged.Run.Generators, merged.Run.ExpectedRequests, pods)
	}
	for _, part := range merged.Run.Parts {
		if !part.StartedAt.Equal(merged.Run.StartedAt) {
			t.Errorf("a part started at %s, the run at %s", part.StartedAt, merged.Run.StartedAt)
		}
	}
}

// The pods' clocks do not matter: the word says how long to wait, and all
// results of a run have the same start.
func TestPodsStartAtTheAgreedMoment(t *testing.T) {
	const in = 200 * time.Millisecond
	agreed := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	var told, first atomic.Int64 // nanoseconds since begun
	begun := time.Now()
	leader := listen(t)
	defer leader.Close()
	go func() {
		connection, err := leader.Accept()
		if err != nil {
			return // closed
		}
		defer connection.Close()
		told.Store(int64(time.Since(begun)))
		_ = say(connection, word{In: in, At: agreed})
	}()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		first.CompareAndSwap(0, int64(time.Since(begun)))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	load, err := schedule.Parse("constant:rate=100,duration=0.1")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	if err := Work(t.Context(), Share{
		Target: server.URL, Load: load, Pods: 2, Index: 1, MaxInFlight: 100, Timeout: time.Minute,
		Meet: leader.Addr().String(), MeetTimeout: time.Minute,
	}, &log, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := unseal(&log, 1)
	if err != nil {
		t.Fatal(err)
	}
	document, err := result.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if !document.Run.StartedAt.Equal(agreed) {
		t.Errorf("the run started at %s, want %s", document.Run.StartedAt, agreed)
	}
	if waited := time.Duration(first.Load() - told.Load()); waited < in {
		t.Errorf("the first request came %s after the word, want no sooner than %s", waited, in)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	logs := work(t, 2)
	s := newServer(logs[0], "pod 1 of 5: waiting\nloadgen: target unreachable\n", logs[1][:len(logs[1])-100], "", logs[1])
	s.pods[1].Status = corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: []corev1.ContainerStatus{{
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error"}},
	}}}
	s.pods = append(s.pods[:3], s.pods[4]) // pod 3 no longer exists
	c, err := Collect(t.Context(), s.options(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Documents) != 1 || len(c.Missing) != 4 {
		t.Fatalf("%d results and missing: %v; want only that of pod 0", len(c.Documents), c.Err())
	}
	for i, want := range []string{
		`pod 1 (load-2-1): it ended with exit code 1 (Error); its log has no result; it ends with "loadgen: target unreachable"`,
		"pod 2 (load-2-2): its result is cut off",
		"pod 3: it no longer exists",
		"pod 4 (load-2-4): its result is that of pod 1",
	} {
		if got := c.Missing[i].String(); !strings.HasPrefix(got, want) {
			t.Errorf("missing is %q, want %q", got, want)
		}
	}
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "4 of 5 results are missing") {
		t.Errorf("error is %v, want one that counts what is missing", err)
	}
	if merged, err := c.Merge(); err != nil || merged.Run.Generators != 1 {
		t.Errorf("merged is %v, error %v; want what is there", merged, err)
	}
}

func TestCollectWaitsForTheEnd(t *testing.T) {
	s := newServer("", "")
	s.over, s.down = 5, 2
	o := s.options(t)
	var seen []Status
	o.Waiting = func(now Status) { seen = append(seen, now) }
	if _, err := Collect(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s.looked.Load() != 5 {
		t.Errorf("polled %d times, want 5, two of which the server did not answer", s.looked.Load())
	}
	if len(seen) != 3 || seen[0] != (Status{Job: "load-2", Pods: 2, Running: 1}) {
		t.Errorf("told %+v, want three times one of two pods", seen)
	}

	s.over = 1 << 30
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("time is up")
	o.Waiting = func(Status) { cancel(cause) }
	if _, err := Collect(ctx, o); !errors.Is(err, cause) {
		t.Errorf("error is %v, want the cause", err)
	}
}

func TestWhichLoadIsMeant(t *testing.T) {
	for _, test := range []struct{ name, given, want string }{
		{"the latest", "", "load-2"},
		{"the latest of a release", "load", "load-2"},
		{"another release", "other", "other-9"},
		{"one by its own name", "load-1", "load-1"},
		{"none", "nothing", "with the name nothing in namespace app: there is load-2, load-1, other-9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := newServer("").options(t)
			o.Name = test.given
			found, err := o.find(t.Context())
			if err != nil {
				if !errors.Is(err, ErrNoJob) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error is %v, want %q", err, test.want)
				}
			} else if found.Name != test.want {
				t.Errorf("found %s, want %s", found.Name, test.want)
			}
		})
	}
	s := newServer("")
	s.jobs = nil
	if _, err := Collect(t.Context(), s.options(t)); !errors.Is(err, ErrNoJob) {
		t.Errorf("error is %v, want ErrNoJob", err)
	}
}

func TestALogHoldsTheLongestResult(t *testing.T) {
	// Latencies of a busy pod: about a millisecond, and widely spread.
	random := rand.New(rand.NewPCG(1, 2))
	busy := result.Second{Second: measure.NewSecond()}
	busy.Classes["2xx"] = 20_000
	for range 20_000 {
		busy.Latency.Record(time.Duration(float64(time.Millisecond) * math.Exp(random.NormFloat64())))
	}
	second, err := json.Marshal(busy)
	if err != nil {
		t.Fatal(err)
	}
	if longest := int(MaxDuration.Seconds()) * len(second); longest > maxResult {
		t.Errorf("a second has %d bytes, %s of them %d, want at most %d", len(second), MaxDuration, longest, maxResult)
	}
}

func TestAShareOutOfRange(t *testing.T) {
	good := Share{Target: "http://127.0.0.1:1", Pods: 2, Index: 1, MaxInFlight: 1, Timeout: time.Second, Meet: "load:7070", MeetTimeout: time.Second}
	var err error
	if good.Load, err = schedule.Parse("constant:rate=1,duration=60"); err != nil {
		t.Fatal(err)
	}
	if err := good.Validate(); err != nil {
		t.Fatalf("a good share is refused: %v", err)
	}
	long, err := schedule.Parse("constant:rate=1,duration=1801")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		spoil func(*Share)
		want  string
	}{
		{"no pods", func(s *Share) { s.Pods = 0 }, `pods "0"`},
		{"too many pods", func(s *Share) { s.Pods = 101 }, `pods "101"`},
		{"index beyond", func(s *Share) { s.Index = 2 }, `index "2": must be from 0 to 1`},
		{"index not set", func(s *Share) { s.Index = -1 }, IndexVariable},
		{"too long", func(s *Share) { s.Load = long }, "lasts 30m1s"},
		{"nowhere to meet", func(s *Share) { s.Meet = "load" }, `meet "load"`},
		{"no time to meet", func(s *Share) { s.MeetTimeout = 0 }, `meet-timeout "0s"`},
		{"credentials", func(s *Share) { s.Target = "http://user:secret@nginx/" }, `target "http://xxxxx@nginx/": has credentials in it`},
		{"no target", func(s *Share) { s.Target = "nginx" }, `target "nginx"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := good
			test.spoil(&s)
			if err := Work(t.Context(), s, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}
