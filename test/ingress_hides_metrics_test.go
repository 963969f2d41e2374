// SPDX-License-Identifier: Apache-2.0

package test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The metrics are on a second port that no route leads to. Whatever bytes a client
// sends as its request, it gets an answer from the first port, from NGINX, or none.
func TestIngressHidesMetrics(t *testing.T) {
	s := suite.Start(t, 8*budget.Answer)
	// The metrics must exist, or hiding them proves nothing.
	state := s.AwaitQuiet()
	page := metricsPage(s, state.Pods[0])
	if !strings.Contains(page, suite.CounterName) {
		t.Fatalf("the second port has no metrics:\n%s", page)
	}
	pod, err := s.Client.CoreV1().Pods(suite.AppNamespace).Get(s.Ctx, state.Pods[0], metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second := fmt.Sprintf("%s:%d", pod.Status.PodIP, suite.MetricsPort)

	const host = "Host: localhost\r\n"
	for name, request := range map[string]string{
		"path":                        "GET /metrics HTTP/1.1\r\n" + host,
		"probe":                       "GET /readyz HTTP/1.1\r\n" + host,
		"dots":                        "GET /heavywork/../metrics HTTP/1.1\r\n" + host,
		"dots above the root":         "GET /../../metrics HTTP/1.1\r\n" + host,
		"escaped dots":                "GET /heavywork/%2e%2e/metrics HTTP/1.1\r\n" + host,
		"escaped slash":               "GET /heavywork%2f..%2fmetrics HTTP/1.1\r\n" + host,
		"two slashes":                 "GET //metrics HTTP/1.1\r\n" + host,
		"query":                       "GET /heavywork?/../metrics HTTP/1.1\r\n" + host,
		"port in the host":            fmt.Sprintf("GET /metrics HTTP/1.1\r\nHost: localhost:%d\r\n", suite.MetricsPort),
		"service in the host":         fmt.Sprintf("GET /metrics HTTP/1.1\r\nHost: %s.%s.svc:%d\r\n", suite.AppName, suite.AppNamespace, suite.MetricsPort),
		"pod in the host":             "GET /metrics HTTP/1.1\r\nHost: " + second + "\r\n",
		"as to a proxy":               "GET http://" + second + "/metrics HTTP/1.1\r\nHost: " + second + "\r\n",
		"tunnel":                      "CONNECT " + second + " HTTP/1.1\r\nHost: " + second + "\r\n",
		"headers that rewrite":        "GET /heavywork HTTP/1.1\r\n" + host + "X-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\n",
		"headers of a proxy":          fmt.Sprintf("GET /metrics HTTP/1.1\r\n%sX-Forwarded-Host: %s\r\nX-Forwarded-Port: %d\r\nForwarded: host=\"%s\"\r\n", host, second, suite.MetricsPort, second),
		"without a host, in HTTP/1.0": "GET /metrics HTTP/1.0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			status, body := sendRaw(s, t, request)
			if status < 300 || strings.Contains(body, "# TYPE") || strings.Contains(body, suite.CounterName) {
				t.Errorf("status is %d, want a refusal; the body is\n%s", status, body)
			}
		})
	}
}

// metricsPage returns what the second port of a pod shows to Prometheus.
func metricsPage(s *suite.Suite, pod string) string {
	s.T.Helper()
	page, err := s.Client.CoreV1().RESTClient().Get().Namespace(suite.AppNamespace).Resource("pods").
		Name(fmt.Sprintf("%s:%d", pod, suite.MetricsPort)).SubResource("proxy").Suffix("metrics").DoRaw(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	return string(page)
}

// sendRaw sends a request head unchanged to the ingress. A connection that is closed
// without an answer counts as status 400, like a request that NGINX cannot parse.
func sendRaw(s *suite.Suite, t *testing.T, head string) (status int, body string) {
	t.Helper()
	address := strings.TrimPrefix(s.Env.HTTPURL, "http://")
	if !strings.Contains(address, ":") {
		address += ":80" // what the URL leaves out
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(s.Ctx, "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(budget.Answer)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, head+"Connection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err == io.ErrUnexpectedEOF {
		return http.StatusBadRequest, ""
	}
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}
