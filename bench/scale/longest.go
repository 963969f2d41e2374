// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
)

// longest finds how many pod names fit into the URL of a request to Prometheus. The adapter sends
// queries that way unless it is configured to use POST.
func (s *stage) longest(ctx context.Context) (*Longest, error) {
	s.say("the longest query that is accepted in a URL")
	accepted, refused := 0, 1
	status := ""
	for accepted+accepted/20 < refused { // to within a twentieth
		pods := refused
		if status != "" {
			pods = (accepted + refused) / 2
		}
		answer, err := s.queryNames(ctx, http.MethodGet, pods)
		switch {
		case err != nil:
			return nil, err
		case answer == "200 OK" && status == "":
			accepted, refused = pods, 2*pods
			if refused > 4*fleet.MaxPods {
				return nil, fmt.Errorf("a query with %d names is accepted: no limit was found", accepted)
			}
		case answer == "200 OK":
			accepted = pods
		default:
			refused, status = pods, answer
		}
	}
	post, err := s.queryNames(ctx, http.MethodPost, refused)
	return &Longest{Accepted: accepted, Refused: refused, Status: status, Post: post}, err
}

// queryNames sends a query with this many names and returns the status of the answer.
func (s *stage) queryNames(ctx context.Context, method string, pods int) (string, error) {
	names := make([]string, pods)
	for i := range names {
		names[i] = fleet.Pod(i)
	}
	form := url.Values{"query": {fmt.Sprintf(`sum(rate(%s{namespace=%q,pod=~%q}[%s])) by (pod)`, fleet.Counter, benchNamespace, strings.Join(names, "|"), rateWindow)}}.Encode()
	address, body := s.env.PrometheusURL+"/api/v1/query", form
	if method == http.MethodGet {
		address, body = address+"?"+form, ""
	}
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("asking Prometheus with %d names: %w", pods, err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := http.DefaultClient.Do(request)
	if ctx.Err() != nil {
		return "", fmt.Errorf("asking Prometheus with %d names: %w", pods, context.Cause(ctx))
	}
	if err != nil { // it may refuse before it has read the entire URL
		return "connection closed", nil
	}
	response.Body.Close()
	return response.Status, nil
}
