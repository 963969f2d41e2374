// SPDX-License-Identifier: Apache-2.0

// Package accesslog counts requests in the access log of NGINX, which its pod
// writes in the format "combined".
package accesslog

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
)

// Options say whose log to read, and which requests count.
type Options struct {
	Client                    kubernetes.Interface
	Namespace, Pod, Container string
	Target                    string // path and query, as the client sends them
}

// Log counts requests by status, from Follow on.
type Log struct {
	target string

	mu     sync.Mutex
	counts map[int]int64
	err    error // why counting has ended
	done   chan struct{}
}

// Follow starts counting. It streams the log instead of reading it afterwards,
// because a log is rotated at 10 MiB, and only the newest file can be read. The
// returned function ends the stream and waits for its end.
func Follow(ctx context.Context, o Options) (*Log, func(), error) {
	none := int64(0)
	ctx, cancel := context.WithCancel(ctx)
	stream, err := o.Client.CoreV1().Pods(o.Namespace).GetLogs(o.Pod, &corev1.PodLogOptions{
		Container: o.Container, Follow: true, TailLines: &none,
	}).Stream(ctx)
	if err != nil {
		cancel()
		return nil, nil, fmt.Errorf("following the log of %s/%s: %w", o.Namespace, o.Pod, err)
	}
	l := &Log{target: o.Target, counts: map[int]int64{}, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		defer stream.Close()
		err := l.read(stream)
		l.mu.Lock()
		l.err = fmt.Errorf("following the log of %s/%s: %w", o.Namespace, o.Pod, err)
		l.mu.Unlock()
	}()
	return l, func() { cancel(); <-l.done }, nil
}

// line captures target and status from a line in the format "combined":
//
//	10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "POST /lightwork HTTP/1.1" 200 31 "-" "loadgen"
var line = regexp.MustCompile(`^\S+ - \S+ \[[^]]+\] "[A-Z]+ (\S+) HTTP/[0-9.]+" ([0-9]{3}) `)

func (l *Log) read(stream io.Reader) error {
	lines := bufio.NewReader(stream)
	for {
		text, err := lines.ReadString('\n')
		if match := line.FindStringSubmatch(text); match != nil && match[1] == l.target {
			status, _ := strconv.Atoi(match[2]) // three digits
			l.mu.Lock()
			l.counts[status]++
			l.mu.Unlock()
		}
		if errors.Is(err, io.EOF) {
			return errors.New("it has ended, and with it NGINX")
		}
		if err != nil {
			return err
		}
	}
}

// Counts returns how many requests were logged so far, by status. An error means
// that counting has ended, so there may be more.
func (l *Log) Counts() (map[int]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.counts), l.err
}

// Await returns the counts once as many requests as wanted have the status. NGINX
// logs a request after answering it, and the log arrives with a delay. If the
// context ends first, Await returns the counts so far and an error.
func (l *Log) Await(ctx context.Context, status int, want int64) (map[int]int64, error) {
	var counts map[int]int64
	err := await.Until(ctx, 50*time.Millisecond, "for the access log", func(context.Context) (err error) {
		if counts, err = l.Counts(); err != nil {
			return errors.Join(err, await.ErrHopeless)
		}
		if counts[status] < want {
			return fmt.Errorf("%d requests with status %d are logged, want %d", counts[status], status, want)
		}
		return nil
	})
	return counts, err
}
