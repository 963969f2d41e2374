// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// follow counts POST /work?run=1 in a log that the test writes.
func follow(t *testing.T) (*Log, io.WriteCloser) {
	t.Helper()
	reader, writer := io.Pipe()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := "/api/v1/namespaces/ingress/pods/nginx-0/log?container=nginx&follow=true&tailLines=0"; r.URL.RequestURI() != want {
			t.Errorf("asked for %s, want %s", r.URL.RequestURI(), want)
		}
		buffer := make([]byte, 1024)
		w.(http.Flusher).Flush()
		for {
			n, err := reader.Read(buffer)
			_, _ = w.Write(buffer[:n])
			w.(http.Flusher).Flush()
			if err != nil {
				return
			}
		}
	}))
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	l, stop, err := Follow(t.Context(), Options{Client: client, Namespace: "ingress", Pod: "nginx-0", Container: "nginx", Target: "/work?run=1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); writer.Close(); server.Close() })
	return l, writer
}

const sample = `2026/11/23 21:35:40 [notice] 40#40: signal 17 (SIGCHLD) received from 52
10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "POST /work?run=1 HTTP/1.1" 202 35 "-" "loadgen"
10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "POST /work?run=2 HTTP/1.1" 202 35 "-" "loadgen"
10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "POST /work?run=1 HTTP/1.1" 502 157 "-" "loadgen"
10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "-" 400 157 "-" "-"
2026/11/23 21:35:55 [info] 55#55: *3 client 10.244.0.1 closed keepalive connection
10.244.0.1 - - [23/Nov/2026:21:35:55 +0000] "POST /work?run=1 HTTP/1.1" 202 35 "-" "loadgen"
`

func TestRequestsOfOneRunCountByStatus(t *testing.T) {
	l, log := follow(t)
	if _, err := io.WriteString(log, sample); err != nil {
		t.Fatal(err)
	}
	counts, err := l.Await(t.Context(), 202, 2)
	if err != nil || !maps.Equal(counts, map[int]int64{202: 2, 502: 1}) {
		t.Errorf("counts are %v, error %v; want two with 202 and one with 502", counts, err)
	}
}

func TestALogThatEndsIsNotComplete(t *testing.T) {
	l, log := follow(t)
	log.Close()
	if _, err := l.Await(t.Context(), 202, 1); err == nil || !strings.Contains(err.Error(), "ingress/nginx-0: it has ended") {
		t.Errorf("error is %v, want one that says whose log has ended", err)
	}
}

func TestAwaitSaysWhatIsMissing(t *testing.T) {
	l, _ := follow(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := l.Await(ctx, 202, 7); err == nil || !strings.Contains(err.Error(), "0 requests with status 202 are logged, want 7") {
		t.Errorf("error is %v, want one with both numbers", err)
	}
}
