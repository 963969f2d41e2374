// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/tf"
)

// readyTimeout is how long a rollout or an answer may take once Terraform is
// done.
const readyTimeout = 3 * time.Minute

// awaitReady waits for every rollout of the environment and for the published
// addresses. It ignores workloads in other namespaces.
func (e *environment) awaitReady(ctx context.Context, r *report.Report, run command.Runner) error {
	namespaces, err := tf.Namespaces(ctx, run, e.terraformDir())
	if err != nil {
		return err
	}
	listed, err := run.Output(ctx, "kubectl", "get", "deployments,statefulsets,daemonsets", "--all-namespaces", "--output=json")
	if err != nil {
		return fmt.Errorf("listing the workloads of the cluster: %w", err)
	}
	workloads, err := workloadsIn(append(namespaces, cluster.Namespaces()...), listed)
	if err != nil {
		return err
	}
	for _, w := range workloads {
		r.Detail("%s/%s", w.Metadata.Namespace, w.Metadata.Name)
		err := run.Run(ctx, "kubectl", "rollout", "status", w.Kind+"/"+w.Metadata.Name, "--namespace="+w.Metadata.Namespace, "--timeout="+readyTimeout.String())
		if err != nil {
			return fmt.Errorf("waiting for %s %s in namespace %s: %w", w.Kind, w.Metadata.Name, w.Metadata.Namespace, err)
		}
	}
	for _, url := range e.httpURLs() {
		if err := awaitAnswer(ctx, http.MethodPost, url+"/lightwork"); err != nil {
			return err
		}
	}
	if err := awaitAnswer(ctx, http.MethodGet, e.prometheusURL()+"/-/ready"); err != nil {
		return err
	}
	r.Detail("%d workloads", len(workloads))
	return nil
}

// workload is the part of a Deployment, StatefulSet or DaemonSet that is needed.
type workload struct {
	Kind     string
	Metadata struct{ Name, Namespace string }
}

// workloadsIn returns the workloads of kubectl's list that are in the namespaces.
func workloadsIn(namespaces []string, listed string) ([]workload, error) {
	var all struct{ Items []workload }
	if err := json.Unmarshal([]byte(listed), &all); err != nil {
		return nil, fmt.Errorf("reading the list of workloads: %w", err)
	}
	return slices.DeleteFunc(all.Items, func(w workload) bool {
		return !slices.Contains(namespaces, w.Metadata.Namespace)
	}), nil
}

// awaitAnswer repeats a request until it is answered with 200.
func awaitAnswer(ctx context.Context, method, url string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, readyTimeout, true, func(ctx context.Context) (bool, error) {
		last = ask(ctx, client, method, url)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %s %s: %w: %w", method, url, err, last)
	}
	return nil
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
		return fmt.Errorf("the status is %s", response.Status)
	}
	return nil
}
