// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/permissions"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// adapterNeed is a permission of an adapter, and what shows that it is missing: the
// answer to the autoscaler's request, or a line in the adapter's log.
type adapterNeed struct {
	permissions.Permission
	status int    // of the answer
	says   string // in the answer
	log    string // in the adapter's log
}

// What both programs need, mostly for the server library that they share.
var adapterNeeds = []adapterNeed{
	{permissions.Of("list", "", "pods", ""), 500, "unable to list matching resources", ""},
	{permissions.Of("create", "authentication.k8s.io", "tokenreviews", ""), 401, "Unauthorized", ""},
	{permissions.Of("create", "authorization.k8s.io", "subjectaccessreviews", ""), 500, "subjectaccessreviews", ""},
	{permissions.Of("get", "", "configmaps", suite.SystemNamespace), 0, "", "unable to load configmap based request-header-client-ca-file"},
	{permissions.Of("watch", "", "configmaps", suite.SystemNamespace), 0, "", `cannot watch resource \"configmaps\" in API group \"\" in the namespace \"kube-system\"`},
}

// What the program that reloads its rules also needs: copies of it get rules that
// they refuse.
var reloadingNeeds = []adapterNeed{
	{permissions.Of("watch", "", "pods", ""), 0, "", `cannot watch resource \"pods\"`},
	{permissions.Of("watch", "", "configmaps", permissions.MonitoringNamespace), 0, "", `cannot watch resource \"configmaps\" in API group \"\" in the namespace \"monitoring\"`},
	{permissions.Of("create", "coordination.k8s.io", "leases", permissions.MonitoringNamespace), 0, "", `cannot create resource \"leases\"`},
	{permissions.Of("patch", "coordination.k8s.io", "leases", permissions.MonitoringNamespace), 0, "", `cannot patch resource \"leases\"`},
	{permissions.Of("create", "", "events", permissions.MonitoringNamespace), 0, "", `cannot create resource \"events\"`},
	{permissions.Of("patch", "", "events", permissions.MonitoringNamespace), 0, "", `cannot patch resource \"events\"`},
}

// What the adapter may do although the one that runs here does not need it.
var adapterSpare = []permissions.Permission{
	// Kubernetes' own role for extension API servers has it. An adapter with older
	// libraries than the one built here, such as the published image, lists before it
	// watches; newer ones receive the list as the start of the watch.
	permissions.Of("list", "", "configmaps", suite.SystemNamespace),
}

// The same for the config map of the rules, where the API server is too old for
// a watch that starts with the list.
var reloadingSpare = permissions.Of("list", "", "configmaps", permissions.MonitoringNamespace)

// Each permission of the adapter is needed, and no other: copies of it run side
// by side, one with all of them and one without each.
func TestAdapterPermissions(t *testing.T) {
	s := suite.Start(t, 14*budget.Answer+3*budget.PodStart)
	suite.NeedBundled(t)
	c := &adapterCopies{Copies: permissions.Copies{Suite: s, Part: "adapter"}, machine: s.Node()}
	needs, spare := adapterNeeds, adapterSpare
	if s.Places.Reloads {
		needs, spare = slices.Concat(needs, reloadingNeeds), append(slices.Clone(spare), reloadingSpare)
	}
	var all []permissions.Permission
	for _, need := range needs {
		all = append(all, need.Permission)
	}
	permissions.Review(s, "the adapter", permissions.Granted(s, permissions.MonitoringNamespace, permissions.AdapterName), all, spare)

	c.prepare()
	all = append(all, spare...)
	whole := c.start("whole", all, nil)
	lacking := make([]string, len(needs))
	for i, need := range needs {
		var args func([]string) []string
		if need.Group == "" && need.Resource == "events" {
			args = c.refusing()
		}
		lacking[i] = c.start(fmt.Sprintf("without-%d", i), permissions.Without(all, []permissions.Permission{need.Permission}), args)
	}
	c.Until(budget.PodStart, "until a copy with all permissions answers", func(ctx context.Context) error {
		status, body, err := c.ask(ctx, whole)
		if err == nil && (status != 200 || !strings.Contains(body, suite.MetricName)) {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	for i, need := range needs {
		c.Until(budget.PodStart, fmt.Sprintf("until a copy that may not %s fails", need.Permission), func(ctx context.Context) error {
			if need.log != "" {
				if c.again != nil {
					if err := c.again(ctx); err != nil {
						return err
					}
				}
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

// adapterCopies are pods like the adapter's that no Service selects.
type adapterCopies struct {
	permissions.Copies
	machine node.Node
	asking  string                      // token of an account that may read the metric
	again   func(context.Context) error // changes the rules, so that they are refused again
}

// refusing makes a copy read rules of its own, which it refuses at each change: the
// first time it creates an Event, then it patches that.
func (c *adapterCopies) refusing() func([]string) []string {
	c.T.Helper()
	maps := c.Client.CoreV1().ConfigMaps(permissions.MonitoringNamespace)
	wrong := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: c.Name("wrong-rules"), Labels: c.Labels()}, Data: map[string]string{"config.yaml": "rules: wrong"}}
	if c.again == nil {
		_, err := maps.Create(c.Ctx, wrong, metav1.CreateOptions{})
		c.Create(err, func(ctx context.Context) error { return maps.Delete(ctx, wrong.Name, metav1.DeleteOptions{}) })
		c.again = func(ctx context.Context) error {
			wrong.Data["config.yaml"] += "\n"
			_, err := maps.Update(ctx, wrong, metav1.UpdateOptions{})
			return err
		}
	}
	return func(args []string) []string {
		// If a flag is repeated, the last value counts.
		return append(args, fmt.Sprintf("--config-map=%s/%s/config.yaml", permissions.MonitoringNamespace, wrong.Name))
	}
}

// prepare allows the copies' connections, and creates an account to ask with.
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

// start starts a copy of the adapter that has exactly these permissions, and
// returns the name of its pod. change, if not nil, changes the arguments.
func (c *adapterCopies) start(name string, may []permissions.Permission, change func([]string) []string) string {
	c.T.Helper()
	account := c.Account(permissions.MonitoringNamespace, name, may)
	deployment, err := c.Client.AppsV1().Deployments(permissions.MonitoringNamespace).Get(c.Ctx, permissions.AdapterName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	container := &deployment.Spec.Template.Spec.Containers[0]
	if change != nil {
		container.Args = change(container.Args)
	}
	// Prometheus' network policy admits pods with this label.
	c.Run(permissions.MonitoringNamespace, account, map[string]string{"app.kubernetes.io/name": permissions.AdapterName}, deployment.Spec.Template.Spec)
	return account
}

// ask requests the metric from a copy, as the autoscaler does.
func (c *adapterCopies) ask(ctx context.Context, name string) (status int, body string, err error) {
	address, err := c.Address(ctx, permissions.MonitoringNamespace, name)
	if err != nil {
		return 0, "", err
	}
	url := fmt.Sprintf("https://%s:6443/apis/custom.metrics.k8s.io/v1beta1/namespaces/%s/pods/*/%s", address, suite.AppNamespace, suite.MetricName)
	return podnet.Ask(ctx, c.machine, url, c.asking)
}
