// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// forward gives access to the metrics of a pod that requires authorization: by kubectl port-forward,
// and with the administrator's certificate.
type forward struct {
	client *http.Client
	url    string
	stop   func()
}

var forwarding = regexp.MustCompile(`Forwarding from (127\.0\.0\.1:\d+)`)

// openForward forwards to a port of a pod.
func openForward(ctx context.Context, config *rest.Config, namespace, pod string, port int) (*forward, error) {
	secure, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, fmt.Errorf("reading the administrator's certificate: %w", err)
	}
	// The pod's own certificate is not for this address.
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{Certificates: secure.Certificates, GetClientCertificate: secure.GetClientCertificate, InsecureSkipVerify: true},
		// The adapter writes two pages, one after the other.
		DisableCompression: true,
	}}
	running, cancel := context.WithCancel(ctx)
	kubectl := exec.CommandContext(running, "kubectl", "--namespace", namespace, "port-forward", "pod/"+pod, fmt.Sprintf(":%d", port))
	var problems strings.Builder
	kubectl.Stderr = &problems
	out, err := kubectl.StdoutPipe()
	if err == nil {
		err = kubectl.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("forwarding to pod %s/%s: %w", namespace, pod, err)
	}
	stop := func() {
		client.CloseIdleConnections()
		cancel()
		kubectl.Wait() // it was killed
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := forwarding.FindStringSubmatch(lines.Text()); found != nil {
			go func() { // or kubectl would block once its output about connections is not read
				for lines.Scan() {
				}
			}()
			return &forward{client: client, url: "https://" + found[1] + "/metrics", stop: stop}, nil
		}
	}
	stop()
	return nil, fmt.Errorf("forwarding to pod %s/%s: kubectl says %q", namespace, pod, strings.TrimSpace(problems.String()))
}

func (f *forward) metrics(ctx context.Context) ([]byte, error) {
	return metrics.Page(ctx, f.client, f.url)
}
