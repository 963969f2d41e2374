// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// Names in the chart.
const (
	chartName     = "loadgen"
	containerName = "loadgen"
)

// ErrNoJob is the error of Collect when there is no load in the namespace, or
// none with that name.
var ErrNoJob = errors.New("no load was found")

// Options say whose results to collect, and where they are. The credentials need
// get and list on jobs and pods, and get on pods/log.
type Options struct {
	Client    *kube.Client
	Namespace string
	Name      string // of the release or of a Job; empty for the latest load in the namespace

	// Waiting, when set, is called once a second while the load is not over.
	Waiting func(Status)

	lookEvery time.Duration // default a second
}

// Status is the progress of a load.
type Status struct {
	Job     string
	Pods    int // that share the load
	Running int // of them, now
	Ready   int
}

// Missing is a pod without a result.
type Missing struct {
	Index  int
	Pod    string // empty when there is none
	Reason string
}

func (m Missing) String() string {
	if m.Pod == "" {
		return fmt.Sprintf("pod %d: %s", m.Index, m.Reason)
	}
	return fmt.Sprintf("pod %d (%s): %s", m.Index, m.Pod, m.Reason)
}

// Collection holds the results of the pods of one load.
type Collection struct {
	Job       string
	Pods      int
	Documents []*result.Document // by index, without the missing ones
	Missing   []Missing
}

// Merge adds up the results, without those of missing pods.
func (c *Collection) Merge() (*result.Document, error) {
	if len(c.Documents) == 0 {
		return nil, fmt.Errorf("job %s: %w", c.Job, c.Err())
	}
	merged, err := result.Merge(c.Documents...)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", c.Job, err)
	}
	return merged, nil
}

// Err returns an error that names the missing results, or nil if there are
// none.
func (c *Collection) Err() error {
	if len(c.Missing) == 0 {
		return nil
	}
	var lines []string
	for _, m := range c.Missing {
		lines = append(lines, m.String())
	}
	return fmt.Errorf("%d of %d results are missing: %s", len(c.Missing), c.Pods, strings.Join(lines, "; "))
}

// Collect waits for the end of a load and reads what its pods wrote. It fails
// if there is no such load or ctx ends. While it waits, failed requests to the
// API server are retried.
func Collect(ctx context.Context, o Options) (*Collection, error) {
	o.lookEvery = cmp.Or(o.lookEvery, time.Second)
	found, err := o.find(ctx)
	if err != nil {
		return nil, err
	}
	if found, err = o.awaitEnd(ctx, found); err != nil {
		return nil, err
	}
	var pods corev1.PodList
	if err := o.Client.List(ctx, kube.Pods, o.Namespace, metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + found.Name}, &pods); err != nil {
		return nil, fmt.Errorf("listing the pods of job %s: %w", found.Name, err)
	}
	c := &Collection{Job: found.Name, Pods: completions(found)}
	for index := range c.Pods {
		pod := podOf(pods.Items, index)
		if pod == nil {
			c.Missing = append(c.Missing, Missing{Index: index, Reason: "it no longer exists"})
			continue
		}
		document, err := o.read(ctx, pod, index)
		if err != nil {
			c.Missing = append(c.Missing, Missing{index, pod.Name, err.Error()})
			continue
		}
		c.Documents = append(c.Documents, document)
	}
	return c, ctx.Err()
}

// find returns the Job with the given name, or the latest one of that release.
// Without a name, it returns the latest one.
func (o Options) find(ctx context.Context) (*batchv1.Job, error) {
	var list batchv1.JobList
	if err := o.Client.List(ctx, kube.Jobs, o.Namespace, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + chartName}, &list); err != nil {
		return nil, fmt.Errorf("looking for the load in namespace %s: %w", o.Namespace, err)
	}
	slices.SortFunc(list.Items, func(a, b batchv1.Job) int {
		return cmp.Or(b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(b.Name, a.Name))
	})
	var names []string
	for _, j := range list.Items {
		if o.Name == "" || j.Name == o.Name || j.Labels["app.kubernetes.io/instance"] == o.Name {
			return &j, nil
		}
		names = append(names, j.Name)
	}
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("%w in namespace %s: start one, or name its namespace", ErrNoJob, o.Namespace)
	default:
		return nil, fmt.Errorf("%w with the name %s in namespace %s: there is %s", ErrNoJob, o.Name, o.Namespace, strings.Join(names, ", "))
	}
}

// awaitEnd polls the Job until it is complete or has failed. A Job has failed
// only when all its pods have ended.
func (o Options) awaitEnd(ctx context.Context, found *batchv1.Job) (*batchv1.Job, error) {
	ended := func() bool {
		if !over(found) && o.Waiting != nil {
			o.Waiting(status(found))
		}
		return over(found)
	}
	if ended() {
		return found, nil
	}
	var problem error
	err := wait.PollUntilContextCancel(ctx, o.lookEvery, false, func(ctx context.Context) (bool, error) {
		var now batchv1.Job
		if problem = o.Client.Get(ctx, kube.Jobs, o.Namespace, found.Name, &now); apierrors.IsNotFound(problem) {
			return false, problem
		} else if problem != nil {
			return false, nil
		}
		found = &now
		return ended(), nil
	})
	switch {
	case err == nil:
		return found, nil
	case ctx.Err() == nil:
		problem = nil // it is the error
	default:
		err = context.Cause(ctx)
	}
	err = fmt.Errorf("waiting for the end of job %s: %w", found.Name, err)
	if problem != nil {
		err = fmt.Errorf("%w; %w", err, problem)
	}
	return nil, err
}

func over(j *batchv1.Job) bool {
	return slices.ContainsFunc(j.Status.Conditions, func(c batchv1.JobCondition) bool {
		return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
	})
}

func status(j *batchv1.Job) Status {
	s := Status{Job: j.Name, Pods: completions(j), Running: int(j.Status.Active)}
	if j.Status.Ready != nil {
		s.Ready = int(*j.Status.Ready)
	}
	return s
}

func completions(j *batchv1.Job) int {
	if j.Spec.Completions == nil {
		return 1
	}
	return int(*j.Spec.Completions)
}

// podOf returns the pod with an index. If there are several, it prefers one
// that succeeded.
func podOf(pods []corev1.Pod, index int) *corev1.Pod {
	var found *corev1.Pod
	for i, p := range pods {
		if p.Annotations[batchv1.JobCompletionIndexAnnotation] == strconv.Itoa(index) && (found == nil || p.Status.Phase == corev1.PodSucceeded) {
			found = &pods[i]
		}
	}
	return found
}

// read returns the result in a pod's log. Without one the error says how the pod
// ended and what it wrote last.
func (o Options) read(ctx context.Context, pod *corev1.Pod, index int) (*result.Document, error) {
	stream, err := o.Client.Log(ctx, o.Namespace, pod.Name, containerName)
	if err != nil {
		return nil, withEnding(fmt.Errorf("its log cannot be read: %w", err), pod)
	}
	defer stream.Close()
	var last tail
	text, err := unseal(io.TeeReader(stream, &last), index)
	if errors.Is(err, errNoResult) && last.line() != "" {
		err = fmt.Errorf("%w; it ends with %q", err, last.line())
	}
	if err != nil {
		return nil, withEnding(err, pod)
	}
	document, err := result.Read(bytes.NewReader(text))
	if err != nil {
		return nil, withEnding(err, pod)
	}
	return document, nil
}

func withEnding(err error, pod *corev1.Pod) error {
	if how := ending(pod); how != nil {
		return fmt.Errorf("%w; %w", how, err)
	}
	return err
}

// ending says how a container ended, or nil if it succeeded.
func ending(pod *corev1.Pod) error {
	for _, s := range pod.Status.ContainerStatuses {
		switch t, w := s.State.Terminated, s.State.Waiting; {
		case t != nil && t.ExitCode != 0:
			return fmt.Errorf("it ended with exit code %d (%s)", t.ExitCode, t.Reason)
		case w != nil:
			return fmt.Errorf("it did not start (%s): %s", w.Reason, w.Message)
		}
	}
	if pod.Status.Phase != corev1.PodSucceeded {
		return fmt.Errorf("it is %s", pod.Status.Phase)
	}
	return nil
}

// tail keeps the end of what is written to it.
type tail struct{ end []byte }

func (t *tail) Write(p []byte) (int, error) {
	const keep = 500
	t.end = append(t.end, p...)
	if len(t.end) > keep {
		t.end = append([]byte(nil), t.end[len(t.end)-keep:]...)
	}
	return len(p), nil
}

// line returns the last line.
func (t *tail) line() string {
	text := strings.TrimSpace(string(t.end))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
