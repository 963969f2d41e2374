// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/podnet"
)

// permission is one verb on one resource.
type permission struct{ verb, group, resource string }

func (p permission) String() string { return p.verb + " " + p.resource }

// What fails when the adapter lacks one of its permissions: the answer to an
// autoscaler's question, or the adapter itself, which then says why in its log.
var adapterNeeds = []struct {
	permission
	status int    // of the answer
	says   string // in the answer
	log    string // in the adapter's log
}{
	{permission{"list", "", "pods"}, 500, "unable to list matching resources", ""},
	{permission{"create", "authentication.k8s.io", "tokenreviews"}, 401, "Unauthorized", ""},
	{permission{"create", "authorization.k8s.io", "subjectaccessreviews"}, 500, "subjectaccessreviews", ""},
	{permission{"get", "", "configmaps"}, 0, "", "unable to load configmap based request-header-client-ca-file"},
	{permission{"watch", "", "configmaps"}, 0, "", `cannot watch resource \"configmaps\"`},
}

// What the adapter may do although the one that runs here does not need it.
var adapterSpare = []permission{
	// Kubernetes' own role for servers behind its API has it. An adapter whose
	// libraries are older than the one built here, such as the published image,
	// lists what it is going to watch; newer ones have the watch begin with the list.
	{"list", "", "configmaps"},
}

const (
	copyLabel      = "nginx-prometheus-hpa-test"
	copyName       = "adapter-permissions"
	adapterRelease = "prometheus-adapter"
)

// Each permission of the adapter is needed, and no other: copies of it run side
// by side, one with all of them and one without each.
func TestAdapterPermissions(t *testing.T) {
	s := start(t, 12*answer+3*podStart)
	needBundled(t)
	c := &adapterCopies{suite: s, node: s.node()}
	granted := c.granted()
	var needs []permission
	for _, need := range adapterNeeds {
		needs = append(needs, need.permission)
	}
	for _, p := range granted {
		if !slices.Contains(needs, p) && !slices.Contains(adapterSpare, p) {
			t.Errorf("the adapter may %s, and nothing here shows what for", p)
		}
	}
	for _, p := range needs {
		if !slices.Contains(granted, p) {
			t.Errorf("the adapter needs to %s, and may not", p)
		}
	}

	c.prepare()
	all := append(slices.Clone(needs), adapterSpare...)
	whole := c.start("whole", all)
	without := make([]string, len(adapterNeeds))
	for i, need := range adapterNeeds {
		without[i] = c.start(fmt.Sprintf("without-%d", i), slices.DeleteFunc(slices.Clone(all), func(p permission) bool { return p == need.permission }))
	}
	c.until(podStart, "a copy with all permissions answers", func(ctx context.Context) error {
		status, body, err := c.ask(ctx, whole)
		if err == nil && (status != 200 || !strings.Contains(body, metricName)) {
			err = fmt.Errorf("status %d: %s", status, body)
		}
		return err
	})
	for i, need := range adapterNeeds {
		c.until(podStart, fmt.Sprintf("a copy that may not %s fails", need.permission), func(ctx context.Context) error {
			if need.log != "" {
				return c.logs(ctx, without[i], need.log)
			}
			status, body, err := c.ask(ctx, without[i])
			if err == nil && (status != need.status || !strings.Contains(body, need.says)) {
				err = fmt.Errorf("want status %d that says %s, got %d: %s", need.status, need.says, status, body)
			}
			return err
		})
	}
}

// adapterCopies are pods like the adapter's that no Service leads to.
type adapterCopies struct {
	*suite
	node  podnet.Node
	token string // of somebody who may read the metric
}

// granted are the permissions of the adapter's service account, from every
// binding that names it.
func (c *adapterCopies) granted() []permission {
	c.t.Helper()
	var all []permission
	add := func(rules []rbacv1.PolicyRule) {
		for _, rule := range rules {
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					for _, verb := range rule.Verbs {
						all = append(all, permission{verb, group, resource})
					}
				}
			}
		}
	}
	own := func(subjects []rbacv1.Subject) bool {
		return slices.Contains(subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: "monitoring", Name: adapterRelease})
	}
	rbac := c.client.RbacV1()
	global, err := rbac.ClusterRoleBindings().List(c.ctx, metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, binding := range global.Items {
		if own(binding.Subjects) {
			role, err := rbac.ClusterRoles().Get(c.ctx, binding.RoleRef.Name, metav1.GetOptions{})
			if err != nil {
				c.t.Fatal(err)
			}
			add(role.Rules)
		}
	}
	local, err := rbac.RoleBindings("").List(c.ctx, metav1.ListOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, binding := range local.Items {
		if own(binding.Subjects) {
			role, err := rbac.Roles(binding.Namespace).Get(c.ctx, binding.RoleRef.Name, metav1.GetOptions{})
			if err != nil {
				c.t.Fatal(err)
			}
			add(role.Rules)
		}
	}
	return all
}

// prepare lets copies talk as the adapter may, and makes somebody who asks.
func (c *adapterCopies) prepare() {
	c.t.Helper()
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: copyName},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{copyLabel: copyName}},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
			Ingress:     []networkingv1.NetworkPolicyIngressRule{{}},
			Egress:      []networkingv1.NetworkPolicyEgressRule{{}},
		},
	}
	if _, err := c.client.NetworkingV1().NetworkPolicies("monitoring").Create(c.ctx, policy, metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		c.clean(c.client.NetworkingV1().NetworkPolicies("monitoring").Delete(context.WithoutCancel(c.ctx), copyName, metav1.DeleteOptions{}))
	})
	c.account("asker", []permission{{"get", "custom.metrics.k8s.io", "pods/" + metricName}}, nil)
	request, err := c.client.CoreV1().ServiceAccounts("monitoring").CreateToken(c.ctx, copyName+"-asker", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.token = request.Status.Token
}

// start starts a copy of the adapter that has just these permissions, and
// returns the name of its pod.
func (c *adapterCopies) start(name string, may []permission) string {
	c.t.Helper()
	isAuthority := func(p permission) bool { return p.resource == "configmaps" }
	anywhere := slices.DeleteFunc(slices.Clone(may), isAuthority)
	inKubeSystem := slices.DeleteFunc(slices.Clone(may), func(p permission) bool { return !isAuthority(p) })
	account := c.account(name, anywhere, inKubeSystem)
	deployment, err := c.client.AppsV1().Deployments("monitoring").Get(c.ctx, adapterRelease, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: account, Labels: map[string]string{copyLabel: copyName, "app.kubernetes.io/name": "prometheus-adapter"}},
		Spec:       deployment.Spec.Template.Spec,
	}
	pod.Spec.ServiceAccountName, pod.Spec.DeprecatedServiceAccount = account, account
	for i := range pod.Spec.Containers {
		// It fails by itself, and shows what it fails at.
		pod.Spec.Containers[i].LivenessProbe, pod.Spec.Containers[i].Lifecycle = nil, nil
	}
	if _, err := c.client.CoreV1().Pods("monitoring").Create(c.ctx, pod, metav1.CreateOptions{}); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		now := int64(0)
		c.clean(c.client.CoreV1().Pods("monitoring").Delete(context.WithoutCancel(c.ctx), account, metav1.DeleteOptions{GracePeriodSeconds: &now}))
	})
	return account
}

// account makes a service account with permissions everywhere and in kube-system.
func (c *adapterCopies) account(name string, anywhere, inKubeSystem []permission) string {
	c.t.Helper()
	meta := metav1.ObjectMeta{Name: copyName + "-" + name, Labels: map[string]string{copyLabel: copyName}}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: "monitoring", Name: meta.Name}}
	rbac, end, remove := c.client.RbacV1(), context.WithoutCancel(c.ctx), metav1.DeleteOptions{}
	create := func(err error, undo func() error) {
		c.t.Helper()
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(func() { c.clean(undo()) })
	}
	_, err := c.client.CoreV1().ServiceAccounts("monitoring").Create(c.ctx, &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{})
	create(err, func() error { return c.client.CoreV1().ServiceAccounts("monitoring").Delete(end, meta.Name, remove) })
	_, err = rbac.ClusterRoles().Create(c.ctx, &rbacv1.ClusterRole{ObjectMeta: meta, Rules: rules(anywhere)}, metav1.CreateOptions{})
	create(err, func() error { return rbac.ClusterRoles().Delete(end, meta.Name, remove) })
	_, err = rbac.ClusterRoleBindings().Create(c.ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
	}, metav1.CreateOptions{})
	create(err, func() error { return rbac.ClusterRoleBindings().Delete(end, meta.Name, remove) })
	_, err = rbac.Roles("kube-system").Create(c.ctx, &rbacv1.Role{ObjectMeta: meta, Rules: rules(inKubeSystem)}, metav1.CreateOptions{})
	create(err, func() error { return rbac.Roles("kube-system").Delete(end, meta.Name, remove) })
	_, err = rbac.RoleBindings("kube-system").Create(c.ctx, &rbacv1.RoleBinding{
		ObjectMeta: meta, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
	}, metav1.CreateOptions{})
	create(err, func() error { return rbac.RoleBindings("kube-system").Delete(end, meta.Name, remove) })
	return meta.Name
}

func rules(may []permission) []rbacv1.PolicyRule {
	var all []rbacv1.PolicyRule
	for _, p := range may {
		all = append(all, rbacv1.PolicyRule{APIGroups: []string{p.group}, Resources: []string{p.resource}, Verbs: []string{p.verb}})
	}
	return all
}

// ask asks a copy what the autoscaler asks.
func (c *adapterCopies) ask(ctx context.Context, name string) (status int, body string, err error) {
	pod, err := c.client.CoreV1().Pods("monitoring").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return 0, "", err
	}
	if pod.Status.PodIP == "" {
		return 0, "", fmt.Errorf("pod %s has no address yet", name)
	}
	url := fmt.Sprintf("https://%s:6443/apis/custom.metrics.k8s.io/v1beta1/namespaces/%s/pods/*/%s", pod.Status.PodIP, appNamespace, metricName)
	return c.node.Ask(ctx, url, c.token)
}

// logs returns an error unless the words are in the log of a copy.
func (c *adapterCopies) logs(ctx context.Context, name, words string) error {
	text, err := c.client.CoreV1().Pods("monitoring").GetLogs(name, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err == nil && !strings.Contains(string(text), words) {
		err = fmt.Errorf("the log does not say %q:\n%s", words, text)
	}
	return err
}

func (c *adapterCopies) clean(err error) {
	if err != nil {
		c.t.Errorf("cleaning up: %v", err)
	}
}
