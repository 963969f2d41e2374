// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/program"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

const (
	warmRate   = 200 // requests per second
	warmLength = 20 * time.Second

	// nginx is the namespace of NGINX Gateway Fabric, its Deployment and container,
	// and nginxFile where it writes all upstreams and servers.
	nginx, nginxPod, nginxContainer = "ingress", "deployment/nginx-gateway-fabric", "nginx"
	nginxFile                       = "/etc/nginx/conf.d/http.conf"
)

// warm wakes the application once more, and measures what the activator does after it
// has stepped aside.
func (b *bench) warm(ctx context.Context, without string) (*warm, error) {
	b.say("sending %d requests per second for %s", warmRate, warmLength)
	if err := b.post(ctx, "", "/heavywork"); err != nil {
		return nil, err
	}
	if _, err := b.awaitAside(ctx); err != nil {
		return nil, err
	}
	with, err := b.configuration(ctx)
	if err != nil {
		return nil, err
	}
	w := &warm{Rate: warmRate, Seconds: warmLength.Seconds()}
	w.compare(without, with)
	if w.Before, err = b.passed(ctx); err != nil {
		return nil, err
	}
	arrivals, err := schedule.NewEven(schedule.Constant{ArrivalRate: warmRate}, warmLength)
	if err != nil {
		return nil, err
	}
	load, err := engine.Run(ctx, engine.Config{Target: b.Env.HTTPURL + "/heavywork", Schedule: arrivals, Timeout: answering})
	if err != nil {
		return nil, fmt.Errorf("sending requests: %w", err)
	}
	if load.Interrupted {
		return nil, context.Cause(ctx)
	}
	w.Requests, w.Failed = load.Sent, load.Sent-load.Succeeded
	w.After, err = b.passed(ctx)
	return w, err
}

// passed returns how many requests the activators have received.
func (b *bench) passed(ctx context.Context) (float64, error) {
	pods, err := b.Client.CoreV1().Pods(monitoring).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + activator})
	if err != nil {
		return 0, fmt.Errorf("looking for the activators: %w", err)
	}
	var names []string
	for _, pod := range pods.Items {
		names = append(names, pod.Name)
	}
	counter := metrics.Counter{Client: b.Client.CoreV1().RESTClient(), Namespace: monitoring, Port: activatorMetricsPort, Name: "activator_requests_total"}
	return counter.Sum(ctx, names)
}

// configuration returns NGINX's, once it sends requests to the only pod and to nothing
// else.
func (b *bench) configuration(ctx context.Context) (text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	err = await.Until(ctx, lookAgain, "until NGINX has the one pod as its server", func(ctx context.Context) error {
		names := b.observer.Since(b.observer.Mark())[0].Pods
		if len(names) != 1 {
			return fmt.Errorf("the pods are %v, want one", names)
		}
		pod, err := b.Client.CoreV1().Pods(namespace).Get(ctx, names[0], metav1.GetOptions{})
		if err != nil {
			return err
		}
		file, err := program.Output(ctx, "", nil, "kubectl", "--namespace", nginx, "exec", nginxPod, "--container", nginxContainer, "--", "cat", nginxFile)
		if err != nil {
			return err
		}
		text, err = withoutAddress(file, namespace+"_"+name+"_", pod.Status.PodIP)
		return err
	})
	return text, err
}

// withoutAddress replaces the address of an upstream's only server with a name,
// because each pod has another address. Other servers are an error. The upstream's
// name is the prefix, of namespace and Service, and then the port.
func withoutAddress(file, prefix, address string) (string, error) {
	_, rest, _ := strings.Cut(file, "upstream "+prefix)
	block, _, _ := strings.Cut(rest, "}")
	var servers []string
	for line := range strings.Lines(block) {
		if server, is := strings.CutPrefix(strings.TrimSpace(line), "server "); is {
			servers = append(servers, server)
		}
	}
	if len(servers) != 1 || !strings.HasPrefix(servers[0], address+":") {
		return "", fmt.Errorf("%s has the servers %v in upstream %s*, want %s alone", nginxFile, servers, prefix, address)
	}
	return strings.ReplaceAll(file, "server "+address+":", "server pod:"), nil
}
