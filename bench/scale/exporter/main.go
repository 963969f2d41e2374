// SPDX-License-Identifier: Apache-2.0

// Command exporter exposes the counters of many pods that do not run. They rise at the
// same rate for each pod, so that every answer can be predicted.
//
//	POST /series?pods=1000&labels=5   from now on, 1,000 pods with 5 series each
//	GET  /metrics
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
)

const maxLabels = 50

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv("NAMESPACE"), ":8000"); err != nil {
		fmt.Fprintln(os.Stderr, "exporter:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, namespace, address string) error {
	if namespace == "" {
		return errors.New("the variable NAMESPACE is empty: it must name the namespace of the pods")
	}
	server := &http.Server{Addr: address, Handler: newExporter(namespace, time.Now), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// size is how many pods there are, and how many series each has.
type size struct{ pods, labels int }

type exporter struct {
	namespace string
	began     time.Time
	now       func() time.Time
	size      atomic.Pointer[size]
}

func newExporter(namespace string, now func() time.Time) http.Handler {
	e := &exporter{namespace: namespace, began: now(), now: now}
	e.size.Store(&size{0, 1})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", e.metrics)
	mux.HandleFunc("POST /series", e.resize)
	return mux
}

func (e *exporter) resize(w http.ResponseWriter, r *http.Request) {
	pods, podsErr := strconv.Atoi(r.URL.Query().Get("pods"))
	labels, labelsErr := strconv.Atoi(r.URL.Query().Get("labels"))
	if podsErr != nil || pods < 0 || pods > fleet.MaxPods || labelsErr != nil || labels < 1 || labels > maxLabels {
		http.Error(w, fmt.Sprintf("pods=%q, labels=%q: want whole numbers of at most %d and from 1 to %d", r.URL.Query().Get("pods"), r.URL.Query().Get("labels"), fleet.MaxPods, maxLabels), http.StatusBadRequest)
		return
	}
	e.size.Store(&size{pods, labels})
}

// metrics writes the text format by hand: with a registry the exporter would need more
// of the machine than what is measured.
func (e *exporter) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	out := bufio.NewWriter(w)
	defer out.Flush()
	s := *e.size.Load()
	value := strconv.FormatFloat(fleet.Rate*e.now().Sub(e.began).Seconds()/float64(s.labels), 'f', 3, 64)
	io.WriteString(out, "# HELP "+fleet.Counter+" Requests served.\n# TYPE "+fleet.Counter+" counter\n")
	for i := range s.pods {
		head := fleet.Counter + `{namespace="` + e.namespace + `",pod="` + fleet.Pod(i) + `"`
		if s.labels == 1 {
			io.WriteString(out, head+"} "+value+"\n")
			continue
		}
		for k := range s.labels {
			io.WriteString(out, head+`,path="/`+strconv.Itoa(k)+`"} `+value+"\n")
		}
	}
}
