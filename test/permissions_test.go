// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// Where the bundled charts, whose roles these tests are about, have their parts.
const (
	monitoringNamespace = "monitoring"
	adapterName         = "prometheus-adapter" // Deployment and service account
	ingressNamespace    = "ingress"
	ingressName         = "nginx-gateway-fabric" // Deployment, Service and service account
)

// permission is one verb on one resource, or on one path of the API server: in
// a namespace, or in all of them and outside of them when there is none.
type permission struct{ verb, group, resource, namespace string }

func (p permission) String() string {
	what := p.verb + " " + p.resource
	if p.group != "" {
		what += "." + p.group
	}
	if p.namespace != "" {
		what += " in " + p.namespace
	}
	return what
}

func (p permission) isPath() bool { return strings.HasPrefix(p.resource, "/") }

// moved are permissions of one namespace as another one would have them.
func moved(may []permission, from, to string) []permission {
	all := slices.Clone(may)
	for i := range all {
		if all[i].namespace == from {
			all[i].namespace = to
		}
	}
	return all
}

// without are permissions but for some of them.
func without(may, lacking []permission) []permission {
	return slices.DeleteFunc(slices.Clone(may), func(p permission) bool { return slices.Contains(lacking, p) })
}

// each is the permissions to do all of these with all of those.
func each(verbs []string, group string, resources []string, namespace string) []permission {
	var all []permission
	for _, resource := range resources {
		for _, verb := range verbs {
			all = append(all, permission{verb, group, resource, namespace})
		}
	}
	return all
}

// review fails the test unless a part may do what it needs and what is spare,
// and nothing else.
func review(s *suite, part string, granted, needs, spare []permission) {
	s.t.Helper()
	for _, p := range granted {
		if !slices.Contains(needs, p) && !slices.Contains(spare, p) {
			s.t.Errorf("%s may %s, and nothing here shows what for", part, p)
		}
	}
	for _, p := range append(slices.Clone(needs), spare...) {
		if !slices.Contains(granted, p) {
			s.t.Errorf("%s is said to need to %s, and may not", part, p)
		}
	}
	if len(granted) == 0 {
		s.t.Fatalf("%s may do nothing: there is no binding for it", part)
	}
}

// granted are the permissions of a service account, from every binding that
// names it.
func granted(s *suite, namespace, account string) []permission {
	s.t.Helper()
	var all []permission
	add := func(rules []rbacv1.PolicyRule, namespace string) {
		for _, rule := range rules {
			for _, verb := range rule.Verbs {
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						all = append(all, permission{verb, group, resource, namespace})
					}
				}
				for _, path := range rule.NonResourceURLs {
					all = append(all, permission{verb, "", path, namespace})
				}
			}
		}
	}
	own := func(subjects []rbacv1.Subject) bool {
		return slices.Contains(subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account})
	}
	rbac := s.client.RbacV1()
	global, err := rbac.ClusterRoleBindings().List(s.ctx, metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	local, err := rbac.RoleBindings("").List(s.ctx, metav1.ListOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, binding := range global.Items {
		if own(binding.Subjects) {
			add(rulesOf(s, binding.RoleRef, ""), "")
		}
	}
	for _, binding := range local.Items {
		if own(binding.Subjects) {
			add(rulesOf(s, binding.RoleRef, binding.Namespace), binding.Namespace)
		}
	}
	return all
}

// rulesOf are the rules of a role that a binding names.
func rulesOf(s *suite, role rbacv1.RoleRef, namespace string) []rbacv1.PolicyRule {
	s.t.Helper()
	if role.Kind == "ClusterRole" {
		found, err := s.client.RbacV1().ClusterRoles().Get(s.ctx, role.Name, metav1.GetOptions{})
		if err != nil {
			s.t.Fatal(err)
		}
		return found.Rules
	}
	found, err := s.client.RbacV1().Roles(namespace).Get(s.ctx, role.Name, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return found.Rules
}

// copies are pods like those of a part, with permissions of their own. What is
// made for them goes with the test.
type copies struct {
	*suite
	part string
}

// name is how everything is called that belongs to one copy.
func (c *copies) name(of string) string { return "permissions-" + c.part + "-" + of }

// labels tell what belongs to these copies, and keep Services and policies from
// taking them for the part itself.
func (c *copies) labels() map[string]string { return map[string]string{"permissions-of": c.part} }

// create fails the test unless something was made, and has it taken away at its end.
func (c *copies) create(err error, undo func(context.Context) error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		// The namespace that it was in may have gone before.
		if err := undo(context.WithoutCancel(c.ctx)); err != nil && !apierrors.IsNotFound(err) {
			c.t.Errorf("cleaning up: %v", err)
		}
	})
}

// namespace makes a namespace for one copy: no policy and no quota is in its
// way, and nothing that it does meets what another one does.
func (c *copies) namespace(of string) string {
	c.t.Helper()
	name := c.name(of)
	namespaces := c.client.CoreV1().Namespaces()
	_, err := namespaces.Create(c.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.labels()}}, metav1.CreateOptions{})
	c.create(err, func(ctx context.Context) error { return namespaces.Delete(ctx, name, metav1.DeleteOptions{}) })
	return name
}

// account makes a service account with these permissions and returns its name.
func (c *copies) account(namespace, of string, may []permission) string {
	c.t.Helper()
	name, accounts := c.name(of), c.client.CoreV1().ServiceAccounts(namespace)
	_, err := accounts.Create(c.ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.labels()}}, metav1.CreateOptions{})
	c.create(err, func(ctx context.Context) error { return accounts.Delete(ctx, name, metav1.DeleteOptions{}) })
	c.grant(namespace, of, "all", may)
	return name
}

// grant adds permissions to those of a service account. The set has a name of
// its own.
func (c *copies) grant(namespace, of, set string, may []permission) {
	c.t.Helper()
	rbac, remove := c.client.RbacV1(), metav1.DeleteOptions{}
	own := metav1.ObjectMeta{Name: c.name(of) + "-" + set, Labels: c.labels()}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: c.name(of)}}
	role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: own.Name}
	rules := map[string][]rbacv1.PolicyRule{}
	for _, p := range may {
		rules[p.namespace] = append(rules[p.namespace], p.rule())
	}
	for at, some := range rules {
		if at == "" {
			_, err := rbac.ClusterRoles().Create(c.ctx, &rbacv1.ClusterRole{ObjectMeta: own, Rules: some}, metav1.CreateOptions{})
			c.create(err, func(ctx context.Context) error { return rbac.ClusterRoles().Delete(ctx, own.Name, remove) })
			_, err = rbac.ClusterRoleBindings().Create(c.ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: own, Subjects: subjects, RoleRef: role}, metav1.CreateOptions{})
			c.create(err, func(ctx context.Context) error { return rbac.ClusterRoleBindings().Delete(ctx, own.Name, remove) })
			continue
		}
		local := role
		local.Kind = "Role"
		_, err := rbac.Roles(at).Create(c.ctx, &rbacv1.Role{ObjectMeta: own, Rules: some}, metav1.CreateOptions{})
		c.create(err, func(ctx context.Context) error { return rbac.Roles(at).Delete(ctx, own.Name, remove) })
		_, err = rbac.RoleBindings(at).Create(c.ctx, &rbacv1.RoleBinding{ObjectMeta: own, Subjects: subjects, RoleRef: local}, metav1.CreateOptions{})
		c.create(err, func(ctx context.Context) error { return rbac.RoleBindings(at).Delete(ctx, own.Name, remove) })
	}
}

func (p permission) rule() rbacv1.PolicyRule {
	if p.isPath() {
		return rbacv1.PolicyRule{NonResourceURLs: []string{p.resource}, Verbs: []string{p.verb}}
	}
	return rbacv1.PolicyRule{APIGroups: []string{p.group}, Resources: []string{p.resource}, Verbs: []string{p.verb}}
}

// token is what a service account shows of itself.
func (c *copies) token(namespace, account string) string {
	c.t.Helper()
	request, err := c.client.CoreV1().ServiceAccounts(namespace).CreateToken(c.ctx, account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	return request.Status.Token
}

// run starts a pod that runs as a service account and is called like it.
func (c *copies) run(namespace, account string, labels map[string]string, spec corev1.PodSpec) {
	c.t.Helper()
	spec.ServiceAccountName, spec.DeprecatedServiceAccount = account, account
	now := int64(0)
	spec.TerminationGracePeriodSeconds = &now
	for i := range spec.Containers {
		// It fails by itself, and shows what it fails at.
		spec.Containers[i].LivenessProbe, spec.Containers[i].Lifecycle = nil, nil
	}
	all := c.labels()
	maps.Copy(all, labels)
	pods := c.client.CoreV1().Pods(namespace)
	_, err := pods.Create(c.ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: account, Labels: all}, Spec: spec}, metav1.CreateOptions{})
	c.create(err, func(ctx context.Context) error { return pods.Delete(ctx, account, metav1.DeleteOptions{}) })
}

// address is that of a copy's pod.
func (c *copies) address(ctx context.Context, namespace, pod string) (string, error) {
	found, err := c.client.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err == nil && found.Status.PodIP == "" {
		err = fmt.Errorf("pod %s has no address yet", pod)
	}
	if err != nil {
		return "", err
	}
	return found.Status.PodIP, nil
}

// log is what a container of a copy has written, this time and the time before:
// one that cannot do its work may have ended.
func (c *copies) log(ctx context.Context, namespace, pod, container string) (string, error) {
	pods := c.client.CoreV1().Pods(namespace)
	text, err := pods.GetLogs(pod, &corev1.PodLogOptions{Container: container}).DoRaw(ctx)
	before, beforeErr := pods.GetLogs(pod, &corev1.PodLogOptions{Container: container, Previous: true}).DoRaw(ctx)
	if err != nil && beforeErr != nil {
		return "", errors.Join(err, beforeErr)
	}
	return string(before) + string(text), nil
}

// says returns an error unless one of the words is in the log of a copy.
func (c *copies) says(ctx context.Context, namespace, pod, container string, words ...string) error {
	text, err := c.log(ctx, namespace, pod, container)
	if err != nil {
		return err
	}
	// Where a message is quoted in another one, its quotes are.
	plain := strings.ReplaceAll(text, `\`, "")
	for _, some := range words {
		if strings.Contains(plain, strings.ReplaceAll(some, `\`, "")) {
			return nil
		}
	}
	const shown = 4000
	return fmt.Errorf("the log of %s does not say %q:\n%s", pod, words[0], text[max(0, len(text)-shown):])
}

// refused returns an error unless a copy says that it lacks a permission: in the
// words of the API server that has refused it, or in those of the operator,
// which asks what it may before it begins.
func (c *copies) refused(ctx context.Context, namespace, pod, container string, p permission) error {
	return c.says(ctx, namespace, pod, container,
		fmt.Sprintf("cannot %s resource %q in API group %q", p.verb, p.resource, p.group),
		fmt.Sprintf("missing %q permission on resource %q (group: %q)", p.verb, p.resource, p.group))
}

// customResources are those that have no client of their own.
type customResources struct {
	dynamic.Interface
	mapper meta.RESTMapper
}

func (c *copies) custom() customResources {
	c.t.Helper()
	client, err := dynamic.NewForConfig(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(c.client.Discovery())
	if err != nil {
		c.t.Fatal(err)
	}
	return customResources{client, restmapper.NewDiscoveryRESTMapper(groups)}
}

// placeOf is where objects of a kind are.
func (r customResources) placeOf(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	at, err := r.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if object.GetNamespace() == "" {
		return r.Resource(at.Resource), nil
	}
	return r.Resource(at.Resource).Namespace(object.GetNamespace()), nil
}

// apply creates the objects of a text of YAML documents.
func (c *copies) apply(custom customResources, namespace, text string) {
	c.t.Helper()
	for document := range strings.SplitSeq(text, "\n---\n") {
		object := c.decode(namespace, document)
		at, err := custom.placeOf(object)
		if err != nil {
			c.t.Fatal(err)
		}
		_, err = at.Create(c.ctx, object, metav1.CreateOptions{})
		c.create(err, func(ctx context.Context) error { return at.Delete(ctx, object.GetName(), metav1.DeleteOptions{}) })
	}
}

// decode reads a YAML document in which NAMESPACE stands for the copy's.
func (c *copies) decode(namespace, document string) *unstructured.Unstructured {
	c.t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(document, "NAMESPACE", namespace)), &object.Object); err != nil {
		c.t.Fatalf("%v in\n%s", err, document)
	}
	return object
}
