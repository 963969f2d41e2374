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
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/permissions"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

const (
	prometheusName = "prometheus" // Prometheus, service account and container
	discoveryGroup = "discovery.k8s.io"
)

// What Prometheus watches to find its targets. A copy that may watch none of them
// logs this for each, and sees no change.
var prometheusNeeds = []permissions.Permission{
	permissions.Of("watch", "", "services", ""),
	permissions.Of("watch", "", "pods", ""),
	permissions.Of("watch", discoveryGroup, "endpointslices", ""),
}

// What it may read from a server that delegates authorization to the API server:
// the adapter's own metrics.
var prometheusReads = permissions.Of("get", "", "/metrics", "")

// What Prometheus may do although the one that runs here does not need it. It
// reveals nothing that a watch does not.
var prometheusSpare = []permissions.Permission{
	// Its libraries receive the list as the start of a watch, and list where the API server cannot do that.
	permissions.Of("list", "", "services", ""),
	permissions.Of("list", "", "pods", ""),
	permissions.Of("list", discoveryGroup, "endpointslices", ""),
}

// Each permission of Prometheus is needed, and no other: copies of it run side by
// side with its configuration, and scrape nothing.
func TestPrometheusPermissions(t *testing.T) {
	s := suite.Start(t, 8*budget.Answer+4*budget.PodStart)
	suite.NeedBundled(t)
	machine := s.Node()
	permissions.Review(s, "Prometheus", permissions.Granted(s, permissions.MonitoringNamespace, prometheusName), append([]permissions.Permission{prometheusReads}, prometheusNeeds...), prometheusSpare)

	c := &permissions.Copies{Suite: s, Part: "prometheus"}
	config, want := configuration(c)
	all := append(append([]permissions.Permission{prometheusReads}, prometheusNeeds...), prometheusSpare...)
	whole := prometheus(c, "whole", config, all)
	blind := prometheus(c, "blind", config, permissions.Without(all, prometheusNeeds))

	c.Until(2*budget.PodStart, "until a copy with all permissions finds every target", func(ctx context.Context) error {
		found, err := scrapeTargets(c, ctx, machine, whole)
		if err == nil && len(found) < want {
			err = fmt.Errorf("targets of %d jobs are found, want %d: %v", len(found), want, found)
		}
		return err
	})
	for _, p := range prometheusNeeds {
		c.Until(budget.PodStart, fmt.Sprintf("until a copy that may not %s says so", p), func(ctx context.Context) error {
			return c.Refused(ctx, blind, blind, prometheusName, p)
		})
	}

	// The adapter is scraped as Prometheus does it.
	pods, err := s.Client.CoreV1().Pods(permissions.MonitoringNamespace).List(s.Ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=" + permissions.AdapterName, FieldSelector: "status.phase=Running"})
	if err != nil || len(pods.Items) == 0 {
		t.Fatalf("no pod of the adapter runs: %v", err)
	}
	url := fmt.Sprintf("https://%s:6443%s", pods.Items[0].Status.PodIP, prometheusReads.Resource)
	deaf := c.Namespace("deaf")
	for name, want := range map[string]struct {
		token  string
		status int
	}{
		"with all permissions": {c.Token(whole, whole), 200},
		"without this one":     {c.Token(deaf, c.Account(deaf, "deaf", permissions.Without(all, []permissions.Permission{prometheusReads}))), 403},
	} {
		if status, body, err := podnet.Ask(s.Ctx, machine, url, want.token); err != nil || status != want.status {
			t.Errorf("%s %s: status %d, error %v, want %d: %.200s", prometheusReads, name, status, err, want.status, body)
		}
	}
}

var (
	clocks      = regexp.MustCompile(`(?m)^(\s*(?:- )?(?:scrape_interval|evaluation_interval): ).*$`)
	authorities = regexp.MustCompile(`(?m)^\s*ca_file: .*\n`)
)

// configuration returns the one that the operator has written for Prometheus, and how
// many jobs it has. It is changed to scrape nothing for an hour, and not to need files
// that a copy does not have.
func configuration(c *permissions.Copies) (text string, jobs int) {
	c.T.Helper()
	secret, err := c.Client.CoreV1().Secrets(permissions.MonitoringNamespace).Get(c.Ctx, "prometheus-"+prometheusName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(secret.Data["prometheus.yaml.gz"]))
	if err != nil {
		c.T.Fatalf("the configuration of Prometheus: %v", err)
	}
	raw, err := io.ReadAll(unpacked)
	if err != nil {
		c.T.Fatalf("the configuration of Prometheus: %v", err)
	}
	jobs = len(regexp.MustCompile(`(?m)^\s*- job_name: `).FindAll(raw, -1))
	if jobs == 0 {
		c.T.Fatalf("no job is in the configuration of Prometheus:\n%s", raw)
	}
	// The config reloader would fill this in; there is only one shard.
	text = strings.ReplaceAll(string(raw), "$(SHARD)", "0")
	return clocks.ReplaceAllString(authorities.ReplaceAllString(text, ""), "${1}1h"), jobs
}

// prometheus starts a copy in a namespace of its own. The namespace, the service
// account and the pod have the same name.
func prometheus(c *permissions.Copies, of, config string, may []permissions.Permission) string {
	c.T.Helper()
	name := c.Namespace(of)
	c.Account(name, of, may)
	maps := c.Client.CoreV1().ConfigMaps(name)
	_, err := maps.Create(c.Ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{"prometheus.yml": config}}, metav1.CreateOptions{})
	c.Create(err, func(ctx context.Context) error { return maps.Delete(ctx, name, metav1.DeleteOptions{}) })

	set, err := c.Client.AppsV1().StatefulSets(permissions.MonitoringNamespace).Get(c.Ctx, "prometheus-"+prometheusName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
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
	c.Run(name, name, nil, spec)
	return name
}

// scrapeTargets returns how many targets a copy has found, by job.
func scrapeTargets(c *permissions.Copies, ctx context.Context, machine node.Node, name string) (map[string]int, error) {
	address, err := c.Address(ctx, name, name)
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
