// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
)

// readyTimeout is how long a roll-out or an answer may take once Terraform is
// done.
const readyTimeout = 3 * time.Minute

// awaitReady waits for every roll-out and for the two published addresses.
func (e *environment) awaitReady(ctx context.Context, r *report.Report, run command.Runner) error {
	listed, err := run.Output(ctx, "kubectl", "get", "deployments,statefulsets,daemonsets", "--all-namespaces", "--output=json")
	if err != nil {
		return fmt.Errorf("listing what runs in the cluster: %w", err)
	}
	var workloads struct {
		Items []struct {
			Kind     string
			Metadata struct{ Name, Namespace string }
		}
	}
	if err := json.Unmarshal([]byte(listed), &workloads); err != nil {
		return fmt.Errorf("listing what runs in the cluster: %w", err)
	}
	for _, w := range workloads.Items {
		r.Detail("%s/%s", w.Metadata.Namespace, w.Metadata.Name)
		err := run.Run(ctx, "kubectl", "rollout", "status", w.Kind+"/"+w.Metadata.Name, "--namespace="+w.Metadata.Namespace, "--timeout="+readyTimeout.String())
		if err != nil {
			return fmt.Errorf("waiting for %s %s in namespace %s: %w", w.Kind, w.Metadata.Name, w.Metadata.Namespace, err)
		}
	}
	if err := awaitAnswer(ctx, http.MethodPost, e.httpURL()+"/lightwork"); err != nil {
		return err
	}
	if err := awaitAnswer(ctx, http.MethodGet, e.prometheusURL()+"/-/ready"); err != nil {
		return err
	}
	r.Detail("%d workloads", len(workloads.Items))
	return nil
}

// awaitAnswer repeats a request until it is answered with 200.
func awaitAnswer(ctx context.Context, method, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	client := &http.Client{Timeout: 5 * time.Second}
	for {
		err := ask(ctx, client, method, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s %s: %w", method, url, err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func ask(ctx context.Context, client *http.Client, method, url string) error {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the answer is %s", response.Status)
	}
	return nil
}
