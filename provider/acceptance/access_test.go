// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Who lacks a permission learns which one, the verb and the resource; with it, the next apply goes well. There is a case for each
// verb of everything: nobody has to grant more, or less.
func TestAccProvider_missingPermission(t *testing.T) {
	c := begin(t)
	t.Parallel()
	configMaps := func(verbs ...string) rbacv1.PolicyRule {
		return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: verbs}
	}
	for name, tt := range map[string]struct {
		may      []rbacv1.PolicyRule
		missing  bool // there is no config map yet
		resource string
		verb     string
	}{
		"nothing":          {nil, false, "configmaps", "get"},
		"read only":        {[]rbacv1.PolicyRule{configMaps("get")}, false, "configmaps", "update"},
		"not create":       {[]rbacv1.PolicyRule{configMaps("get", "update")}, true, "configmaps", "create"},
		"no deployment":    {[]rbacv1.PolicyRule{configMaps("get", "update")}, false, "deployments", "get"},
		"deployment fixed": {[]rbacv1.PolicyRule{configMaps("get", "update"), {APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get"}}}, false, "deployments", "patch"},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.unused(t)
			if !tt.missing {
				p = c.put(t, "rules: []\n")
			}
			deployment := ""
			if tt.resource == "deployments" {
				deployment = c.deployment(t)
			}
			account := strings.ReplaceAll(name, " ", "-")
			config := fmt.Sprintf("provider \"promadapter\" {\n  host = %q\n  cluster_ca_certificate = <<-EOT\n%sEOT\n  token = %q\n  namespace = %q\n  config_map = %q\n  deployment = %q\n}\n",
				c.config.Host, c.config.CAData, c.token(t, account, tt.may...), p.namespace, p.name, deployment) + counterRule("may", "wait = false")
			runSteps(t, resource.TestCase{
				Steps: []resource.TestStep{
					{Config: config, ExpectError: says(fmt.Sprintf(`grant the verb %q on the resource %q in namespace %q`, tt.verb, tt.resource, p.namespace))},
					{PreConfig: func() { c.grant(t, account, everything()...) }, Config: config, Check: c.holds(t, p, "rules:\n"+counterText("may"))},
				},
			})
		})
	}
}

// Reading a metric takes a permission of its own, in the namespace asked about.
func TestAccProvider_missingPermissionToRead(t *testing.T) {
	c := begin(t)
	t.Parallel()
	for name, tt := range map[string]struct {
		kind, metric, verb, resource, group string
		after                               *regexp.Regexp // with the permission; nil when there are values
	}{
		"read-custom": {"custom", ownMetric, "get", "pods/" + ownMetric, "custom.metrics.k8s.io", nil},
		// No rule makes this one: who may ask learns that.
		"read-external": {"external", "nothing", "list", "nothing", "external.metrics.k8s.io", regexp.MustCompile(`external\.metrics\.k8s\.io`)},
	} {
		t.Run(name, func(t *testing.T) {
			config := fmt.Sprintf("provider \"promadapter\" {\n  host = %q\n  cluster_ca_certificate = <<-EOT\n%sEOT\n  token = %q\n}\n", c.config.Host, c.config.CAData, c.token(t, name)) +
				fmt.Sprintf("data \"promadapter_metric\" \"read\" {\n  kind = %q\n  metric = %q\n  namespace = %q\n}\n", tt.kind, tt.metric, appNamespace)
			denied := says(fmt.Sprintf(`grant the verb %q on the resource %q in the API group %q in namespace %q`, tt.verb, tt.resource, tt.group, appNamespace))
			runSteps(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: config, ExpectError: denied},
				{PreConfig: func() {
					c.grantIn(t, appNamespace, name, rbacv1.PolicyRule{APIGroups: []string{tt.group}, Resources: []string{tt.resource}, Verbs: []string{tt.verb}})
				}, Config: config, ExpectError: tt.after},
			}})
		})
	}
}

// An API server that does not answer is an error that says so, and no reason to forget a rule.
func TestAccProvider_unreachable(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.put(t, "rules: []\n")
	good := providerAt(p) + counterRule("reach", "wait = false")
	away := providerAt(p, `host = "https://127.0.0.1:1"`) + counterRule("reach", "wait = false")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: good},
			{Config: away, ExpectError: regexp.MustCompile(`connection\s+refused`)},
			{Config: good, ConfigPlanChecks: emptyPlan(), Check: c.holds(t, p, "rules:\n"+counterText("reach"))},
		},
		CheckDestroy: c.holds(t, p, "rules: []\n"),
	})
}

// Neither validate nor the plan of a new environment needs a cluster, or any settings for one.
func TestAccProvider_withoutCluster(t *testing.T) {
	begin(t)
	t.Parallel()
	apart := *shared.terraform
	apart.Env = nil
	for _, entry := range shared.terraform.Env {
		if !strings.HasPrefix(entry, "KUBE") {
			apart.Env = append(apart.Env, entry)
		}
	}
	dir := folder(t, counterRule("new"))
	for _, command := range [][]string{{"validate"}, {"plan"}} {
		out, err := apart.Run(t.Context(), dir, append(command, "-no-color")...)
		if err != nil {
			t.Error(err)
		}
		if command[0] == "plan" && !strings.Contains(string(out), "1 to add") {
			t.Errorf("the plan is %s", out)
		}
	}
	dir = folder(t, strings.Replace(counterRule("new"), "<<.Series>>", "<<.Nothing>>", 1))
	if _, err := apart.Run(t.Context(), dir, "validate", "-no-color"); err == nil || !strings.Contains(flat(err.Error()), "metrics_query") {
		t.Errorf("validate of a bad rule says %v", err)
	}
}

// everything is what the provider needs to write rules and to roll an adapter, as its documentation says.
func everything() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: []string{"get", "create", "update"}},
		{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get", "patch"}},
	}
}

// grant replaces what a service account may do.
func (c *cluster) grant(t *testing.T, name string, may ...rbacv1.PolicyRule) {
	t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: may}
	if _, err := c.kube.RbacV1().Roles(c.namespace).Update(t.Context(), role, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// grantIn lets a service account do something in another namespace.
func (c *cluster) grantIn(t *testing.T, namespace, name string, may ...rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Name: c.namespace + "-" + name}
	rbac := c.kube.RbacV1()
	if _, err := rbac.Roles(namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: may}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rbac.Roles(namespace).Delete(withoutEnd(t), meta.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: c.namespace, Name: name}},
	}
	if _, err := rbac.RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rbac.RoleBindings(namespace).Delete(withoutEnd(t), meta.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// token makes a service account in the namespace of the tests, with these permissions there, and returns a token for it.
func (c *cluster) token(t *testing.T, name string, may ...rbacv1.PolicyRule) string {
	t.Helper()
	meta := metav1.ObjectMeta{Name: name}
	if _, err := c.kube.CoreV1().ServiceAccounts(c.namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: meta}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.kube.RbacV1().Roles(c.namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: may}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: c.namespace, Name: name}},
	}
	if _, err := c.kube.RbacV1().RoleBindings(c.namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request, err := c.kube.CoreV1().ServiceAccounts(c.namespace).CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}
