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
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/permissions"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// What fails when the adapter lacks one of its permissions: the answer to an
// autoscaler's question, or the adapter itself, which then says why in its log.
var adapterNeeds = []struct {
	permissions.Permission
	status int    // of the answer
	says   string // in the answer
	log    string // in the adapter's log
}{
	{permissions.Of("list", "", "pods", ""), 500, "unable to list matching resources", ""},
	{permissions.Of("create", "authentication.k8s.io", "tokenreviews", ""), 401, "Unauthorized", ""},
	{permissions.Of("create", "authorization.k8s.io", "subjectaccessreviews", ""), 500, "subjectaccessreviews", ""},
	{permissions.Of("get", "", "configmaps", suite.SystemNamespace), 0, "", "unable to load configmap based request-header-client-ca-file"},
	{permissions.Of("watch", "", "configmaps", suite.SystemNamespace), 0, "", `cannot watch resource \"configmaps\"`},
}

// What the adapter may do although the one that runs here does not need it.
var adapterSpare = []permissions.Permission{
	// Kubernetes' own role for servers behind its API has it. An adapter whose
	// libraries are older than the one built here, such as the published image,
	// lists what it is going to watch; newer ones have the watch begin with the list.
	permissions.Of("list", "", "configmaps", suite.SystemNamespace),
}

// Each permission of the adapter is needed, and no other: copies of it run side
// by side, one with all of them and one without each.
func TestAdapterPermissions(t *testing.T) {
	s := suite.Start(t, 12*budget.Answer+3*budget.PodStart)
	suite.NeedBundled(t)
	c := &adapterCopies{Copies: permissions.Copies{Suite: s, Part: "adapter"}, machine: s.Node()}
	var needs []permissions.Permission
	for _, need := range adapterNeeds {
		needs = append(needs, need.Permission)
	}
	permissions.Review(s, "the adapter", permissions.Granted(s, permissions.MonitoringNamespace, permissions.AdapterName), needs, adapterSpare)

	c.prepare()
	all := append(slices.Clone(needs), adapterSpare...)
	whole := c.start("whole", all)
	lacking := make([]string, len(adapterNeeds))
	for i, need := range adapterNeeds {
		lacking[i] = c.start(fmt.Sprintf("without-%d", i), permissions.Without(all, []permissions.Permission{need.Permission}))
	}
	c.Until(budget.PodStart, "until a copy with all permissions answers", func(ctx context.Context) error {
		status, body, err := c.ask(ctx, whole)
		if err == nil && (status != 200 || !strings.Contains(body, suite.MetricName)) {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	for i, need := range adapterNeeds {
		c.Until(budget.PodStart, fmt.Sprintf("until a copy that may not %s fails", need.Permission), func(ctx context.Context) error {
			if need.log != "" {
				return c.Says(ctx, permissions.MonitoringNamespace, lacking[i], "", need.log)
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
	permissions.Copies
	machine node.Node
	asking  string // token of somebody who may read the metric
}

// prepare lets copies talk as the adapter may, and makes somebody who asks.
func (c *adapterCopies) prepare() {
	c.T.Helper()
	policies := c.Client.NetworkingV1().NetworkPolicies(permissions.MonitoringNamespace)
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: c.Name("policy")},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: c.Labels()},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}
	_, err := policies.Create(c.Ctx, policy, metav1.CreateOptions{})
	c.Create(err, func(ctx context.Context) error { return policies.Delete(ctx, policy.Name, metav1.DeleteOptions{}) })
	c.asking = c.Token(permissions.MonitoringNamespace, c.Account(permissions.MonitoringNamespace, "asker", []permissions.Permission{permissions.Of("get", "custom.metrics.k8s.io", "pods/"+suite.MetricName, "")}))
}

// start starts a copy of the adapter that has just these permissions, and
// returns the name of its pod.
func (c *adapterCopies) start(name string, may []permissions.Permission) string {
	c.T.Helper()
	account := c.Account(permissions.MonitoringNamespace, name, may)
	deployment, err := c.Client.AppsV1().Deployments(permissions.MonitoringNamespace).Get(c.Ctx, permissions.AdapterName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	// Prometheus lets in who has this label.
	c.Run(permissions.MonitoringNamespace, account, map[string]string{"app.kubernetes.io/name": permissions.AdapterName}, deployment.Spec.Template.Spec)
	return account
}

// ask asks a copy what the autoscaler asks.
func (c *adapterCopies) ask(ctx context.Context, name string) (status int, body string, err error) {
	address, err := c.Address(ctx, permissions.MonitoringNamespace, name)
	if err != nil {
		return 0, "", err
	}
	url := fmt.Sprintf("https://%s:6443/apis/custom.metrics.k8s.io/v1beta1/namespaces/%s/pods/*/%s", address, suite.AppNamespace, suite.MetricName)
	return podnet.Ask(ctx, c.machine, url, c.asking)
}
