// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// account is a service account in the namespace of the tests, as which the provider runs.
type account struct {
	cluster *cluster
	name    string
	token   string
	roles   int
}

// account creates a service account without permissions.
func (c *cluster) account(t *testing.T) *account {
	t.Helper()
	a := &account{cluster: c, name: c.unused(t).name}
	accounts := c.kube.CoreV1().ServiceAccounts(c.namespace)
	if _, err := accounts.Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: a.name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	request, err := accounts.CreateToken(t.Context(), a.name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a.token = request.Status.Token
	return a
}

// grant gives the account permissions in a namespace, or cluster-wide if it is empty.
func (a *account) grant(t *testing.T, namespace string, may ...rbacv1.PolicyRule) {
	t.Helper()
	if len(may) == 0 {
		return
	}
	a.roles++
	own := metav1.ObjectMeta{Name: fmt.Sprintf("%s-%s-%d", a.cluster.namespace, a.name, a.roles)}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: a.cluster.namespace, Name: a.name}}
	role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: own.Name}
	rbac, remove := a.cluster.kube.RbacV1(), metav1.DeleteOptions{}
	made := func(err error, undo func() error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := undo(); err != nil {
				t.Error(err)
			}
		})
	}
	end := withoutEnd(t)
	if namespace == "" {
		_, err := rbac.ClusterRoles().Create(t.Context(), &rbacv1.ClusterRole{ObjectMeta: own, Rules: may}, metav1.CreateOptions{})
		made(err, func() error { return rbac.ClusterRoles().Delete(end, own.Name, remove) })
		_, err = rbac.ClusterRoleBindings().Create(t.Context(), &rbacv1.ClusterRoleBinding{ObjectMeta: own, RoleRef: role, Subjects: subjects}, metav1.CreateOptions{})
		made(err, func() error { return rbac.ClusterRoleBindings().Delete(end, own.Name, remove) })
		return
	}
	role.Kind = "Role"
	_, err := rbac.Roles(namespace).Create(t.Context(), &rbacv1.Role{ObjectMeta: own, Rules: may}, metav1.CreateOptions{})
	made(err, func() error { return rbac.Roles(namespace).Delete(end, own.Name, remove) })
	_, err = rbac.RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{ObjectMeta: own, RoleRef: role, Subjects: subjects}, metav1.CreateOptions{})
	made(err, func() error { return rbac.RoleBindings(namespace).Delete(end, own.Name, remove) })
}

// endpoint is where the provider finds the API server, and the CA certificate to verify it with.
type endpoint struct{ host, authority string }

// endpoint is that of the API server itself.
func (c *cluster) endpoint() endpoint { return endpoint{c.config.Host, string(c.config.CAData)} }

// provider is a provider block that runs as the account.
func (a *account) provider(api endpoint, p place, deployment string) string {
	return fmt.Sprintf("provider \"promadapter\" {\n  host = %q\n  cluster_ca_certificate = <<-EOT\n%sEOT\n  token = %q\n  namespace = %q\n  config_map = %q\n  deployment = %q\n}\n",
		api.host, api.authority, a.token, p.namespace, p.name, deployment)
}
