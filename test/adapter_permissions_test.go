// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
)

// What fails when the adapter lacks one of its permissions: the answer to an
// autoscaler's question, or the adapter itself, which then says why in its log.
var adapterNeeds = []struct {
	permission
	status int    // of the answer
	says   string // in the answer
	log    string // in the adapter's log
}{
	{permission{"list", "", "pods", ""}, 500, "unable to list matching resources", ""},
	{permission{"create", "authentication.k8s.io", "tokenreviews", ""}, 401, "Unauthorized", ""},
	{permission{"create", "authorization.k8s.io", "subjectaccessreviews", ""}, 500, "subjectaccessreviews", ""},
	{permission{"get", "", "configmaps", systemNamespace}, 0, "", "unable to load configmap based request-header-client-ca-file"},
	{permission{"watch", "", "configmaps", systemNamespace}, 0, "", `cannot watch resource \"configmaps\"`},
}

// What the adapter may do although the one that runs here does not need it.
var adapterSpare = []permission{
	// Kubernetes' own role for servers behind its API has it. An adapter whose
	// libraries are older than the one built here, such as the published image,
	// lists what it is going to watch; newer ones have the watch begin with the list.
	{"list", "", "configmaps", systemNamespace},
}

// Each permission of the adapter is needed, and no other: copies of it run side
// by side, one with all of them and one without each.
func TestAdapterPermissions(t *testing.T) {
	s := start(t, 12*answer+3*podStart)
	needBundled(t)
	c := &adapterCopies{copies: copies{suite: s, part: "adapter"}, machine: s.node()}
	var needs []permission
	for _, need := range adapterNeeds {
		needs = append(needs, need.permission)
	}
	review(s, "the adapter", granted(s, monitoringNamespace, adapterName), needs, adapterSpare)

	c.prepare()
	all := append(slices.Clone(needs), adapterSpare...)
	whole := c.start("whole", all)
	lacking := make([]string, len(adapterNeeds))
	for i, need := range adapterNeeds {
		lacking[i] = c.start(fmt.Sprintf("without-%d", i), without(all, []permission{need.permission}))
	}
	c.until(podStart, "until a copy with all permissions answers", func(ctx context.Context) error {
		status, body, err := c.ask(ctx, whole)
		if err == nil && (status != 200 || !strings.Contains(body, metricName)) {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	for i, need := range adapterNeeds {
		c.until(podStart, fmt.Sprintf("until a copy that may not %s fails", need.permission), func(ctx context.Context) error {
			if need.log != "" {
				return c.says(ctx, monitoringNamespace, lacking[i], "", need.log)
			}
			status, body, err := c.ask(ctx, lacking[i])
			if err == nil && (status != need.status || !strings.Contains(body, need.says)) {
				err = fmt.Errorf("want status %d that says %s, got %d: %s", need.status, need.says, status, body)
			}
			return err
		})
	}
}

// adapterCopies are pods like the adapter's that no Service leads to.
type adapterCopies struct {
	copies
	machine node.Node
	asking  string // token of somebody who may read the metric
}

// prepare lets copies talk as the adapter may, and makes somebody who asks.
func (c *adapterCopies) prepare() {
	c.t.Helper()
	policies := c.client.NetworkingV1().NetworkPolicies(monitoringNamespace)
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: c.name("policy")},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: c.labels()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}
	_, err := policies.Create(c.ctx, policy, metav1.CreateOptions{})
	c.create(err, func(ctx context.Context) error { return policies.Delete(ctx, policy.Name, metav1.DeleteOptions{}) })
	c.asking = c.token(monitoringNamespace, c.account(monitoringNamespace, "asker", []permission{{"get", "custom.metrics.k8s.io", "pods/" + metricName, ""}}))
}

// start starts a copy of the adapter that has just these permissions, and
// returns the name of its pod.
func (c *adapterCopies) start(name string, may []permission) string {
	c.t.Helper()
	account := c.account(monitoringNamespace, name, may)
	deployment, err := c.client.AppsV1().Deployments(monitoringNamespace).Get(c.ctx, adapterName, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	// Prometheus lets in who has this label.
	c.run(monitoringNamespace, account, map[string]string{"app.kubernetes.io/name": adapterName}, deployment.Spec.Template.Spec)
	return account
}

// ask asks a copy what the autoscaler asks.
func (c *adapterCopies) ask(ctx context.Context, name string) (status int, body string, err error) {
	address, err := c.address(ctx, monitoringNamespace, name)
	if err != nil {
		return 0, "", err
	}
	url := fmt.Sprintf("https://%s:6443/apis/custom.metrics.k8s.io/v1beta1/namespaces/%s/pods/*/%s", address, appNamespace, metricName)
	return podnet.Ask(ctx, c.machine, url, c.asking)
}
