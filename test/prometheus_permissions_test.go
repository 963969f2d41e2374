// SPDX-License-Identifier: Apache-2.0

package test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
)

const (
	prometheusName = "prometheus" // Prometheus, service account and container
	discoveryGroup = "discovery.k8s.io"
)

// What Prometheus watches to find its targets. A copy that may watch none of
// them says so of each, and knows of no change.
var prometheusNeeds = []permission{
	{"watch", "", "services", ""},
	{"watch", "", "pods", ""},
	{"watch", discoveryGroup, "endpointslices", ""},
}

// What it may read of another server that asks the API server who may: the
// adapter's own metrics.
var prometheusReads = permission{"get", "", "/metrics", ""}

// What Prometheus may do although the one that runs here does not need it. Who
// may watch sees no more by it.
var prometheusSpare = []permission{
	// Its libraries have a watch begin with the list, and list where the API server cannot do that.
	{"list", "", "services", ""},
	{"list", "", "pods", ""},
	{"list", discoveryGroup, "endpointslices", ""},
}

// Each permission of Prometheus is needed, and no other: copies of it run side
// by side with the configuration that it has, and scrape nothing.
func TestPrometheusPermissions(t *testing.T) {
	s := start(t, 8*answer+4*podStart)
	needBundled(t)
	machine := s.node()
	review(s, "Prometheus", granted(s, monitoringNamespace, prometheusName), append([]permission{prometheusReads}, prometheusNeeds...), prometheusSpare)

	c := &copies{suite: s, part: "prometheus"}
	config, want := c.configuration()
	all := append(append([]permission{prometheusReads}, prometheusNeeds...), prometheusSpare...)
	whole := c.prometheus("whole", config, all)
	blind := c.prometheus("blind", config, without(all, prometheusNeeds))

	c.until(2*podStart, "until a copy with all permissions finds every target", func(ctx context.Context) error {
		found, err := c.targets(ctx, machine, whole)
		if err == nil && len(found) < want {
			err = fmt.Errorf("targets of %d jobs are found, want %d: %v", len(found), want, found)
		}
		return err
	})
	for _, p := range prometheusNeeds {
		c.until(podStart, fmt.Sprintf("until a copy that may not %s says so", p), func(ctx context.Context) error {
			return c.refused(ctx, blind, blind, prometheusName, p)
		})
	}

	// The adapter is asked as Prometheus asks it.
	pods, err := s.client.CoreV1().Pods(monitoringNamespace).List(s.ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + adapterName, FieldSelector: "status.phase=Running"})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("no pod of the adapter runs: %v", err)
	}
	url := fmt.Sprintf("https://%s:6443%s", pods.Items[0].Status.PodIP, prometheusReads.resource)
	deaf := c.namespace("deaf")
	for name, want := range map[string]struct {
		token  string
		status int
	}{
		"with all permissions": {c.token(whole, whole), 200},
		"without this one":     {c.token(deaf, c.account(deaf, "deaf", without(all, []permission{prometheusReads}))), 403},
	} {
		if status, body, err := podnet.Ask(s.ctx, machine, url, want.token); err != nil || status != want.status {
			t.Errorf("who may %s, %s, gets status %d, error %v, want %d: %.200s", prometheusReads, name, status, err, want.status, body)
		}
	}
}

var (
	clocks      = regexp.MustCompile(`(?m)^(\s*(?:- )?(?:scrape_interval|evaluation_interval): ).*$`)
	authorities = regexp.MustCompile(`(?m)^\s*ca_file: .*\n`)
)

// configuration is the one that the operator has written for Prometheus, and how
// many jobs are in it. It is changed to scrape nothing for an hour, and to do
// without files that a copy does not have.
func (c *copies) configuration() (text string, jobs int) {
	c.t.Helper()
	secret, err := c.client.CoreV1().Secrets(monitoringNamespace).Get(c.ctx, "prometheus-"+prometheusName, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(secret.Data["prometheus.yaml.gz"]))
	if err != nil {
		c.t.Fatalf("the configuration of Prometheus: %v", err)
	}
	raw, err := io.ReadAll(unpacked)
	if err != nil {
		c.t.Fatalf("the configuration of Prometheus: %v", err)
	}
	jobs = len(regexp.MustCompile(`(?m)^\s*- job_name: `).FindAll(raw, -1))
	if jobs == 0 {
		c.t.Fatalf("no job is in the configuration of Prometheus:\n%s", raw)
	}
	// The reloader would fill that in: of all targets, those of the only shard.
	text = strings.ReplaceAll(string(raw), "$(SHARD)", "0")
	return clocks.ReplaceAllString(authorities.ReplaceAllString(text, ""), "${1}1h"), jobs
}

// prometheus starts a copy in a namespace of its own. That, the service account
// and the pod are called the same.
func (c *copies) prometheus(of, config string, may []permission) string {
	c.t.Helper()
	name := c.namespace(of)
	c.account(name, of, may)
	maps := c.client.CoreV1().ConfigMaps(name)
	_, err := maps.Create(c.ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"prometheus.yml": config}}, metav1.CreateOptions{})
	c.create(err, func(ctx context.Context) error { return maps.Delete(ctx, name, metav1.DeleteOptions{}) })

	set, err := c.client.AppsV1().StatefulSets(monitoringNamespace).Get(c.ctx, "prometheus-"+prometheusName, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	spec := corev1.PodSpec{SecurityContext: set.Spec.Template.Spec.SecurityContext}
	for _, container := range set.Spec.Template.Spec.Containers {
		if container.Name == prometheusName {
			spec.Containers = []corev1.Container{{
				Name: container.Name, Image: container.Image, ImagePullPolicy: container.ImagePullPolicy, SecurityContext: container.SecurityContext,
				Args: []string{"--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"},
				VolumeMounts: []corev1.VolumeMount{
					{Name: "config", MountPath: "/etc/prometheus"},
					{Name: "data", MountPath: "/prometheus"},
				},
			}}
		}
	}
	spec.Volumes = []corev1.Volume{
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}},
		{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
	}
	c.run(name, name, nil, spec)
	return name
}

// targets are the jobs for which a copy has found something to scrape.
func (c *copies) targets(ctx context.Context, machine node.Node, name string) (map[string]int, error) {
	address, err := c.address(ctx, name, name)
	if err != nil {
		return nil, err
	}
	status, body, err := podnet.Ask(ctx, machine, "http://"+address+":9090/api/v1/targets?state=active", "")
	if err == nil && status != 200 {
		err = fmt.Errorf("status %d: %s", status, body)
	}
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			ActiveTargets []struct {
				ScrapePool string `json:"scrapePool"`
			} `json:"activeTargets"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, fmt.Errorf("the targets of %s: %w", name, err)
	}
	found := map[string]int{}
	for _, target := range answer.Data.ActiveTargets {
		found[target.ScrapePool]++
	}
	return found, nil
}
