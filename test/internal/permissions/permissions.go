// SPDX-License-Identifier: Apache-2.0

// Package permissions shows what each permission of a part of the environment is
// for: copies of the part run with other permissions, and report what they lack.
package permissions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// Where the bundled charts, whose roles these tests check, install their parts.
const (
	MonitoringNamespace = "monitoring"
	AdapterName         = "prometheus-adapter" // Deployment and service account
	IngressNamespace    = "ingress"
	IngressName         = "nginx-gateway-fabric" // Deployment, Service and service account
)

// Permission is one verb on one resource, or on one path of the API server: in
// Namespace, or in the entire cluster if that is empty.
type Permission struct{ Verb, Group, Resource, Namespace string }

// Of returns a permission; without a namespace it holds in the entire cluster.
func Of(verb, group, resource, namespace string) Permission {
	return Permission{verb, group, resource, namespace}
}

func (p Permission) String() string {
	what := p.Verb + " " + p.Resource
	if p.Group != "" {
		what += "." + p.Group
	}
	if p.Namespace != "" {
		what += " in " + p.Namespace
	}
	return what
}

func (p Permission) isPath() bool { return strings.HasPrefix(p.Resource, "/") }

// Moved returns permissions in which namespace to replaces from.
func Moved(may []Permission, from, to string) []Permission {
	all := slices.Clone(may)
	for i := range all {
		if all[i].Namespace == from {
			all[i].Namespace = to
		}
	}
	return all
}

// Without returns permissions except the lacking ones.
func Without(may, lacking []Permission) []Permission {
	return slices.DeleteFunc(slices.Clone(may), func(p Permission) bool { return slices.Contains(lacking, p) })
}

// Each returns a permission for each verb on each resource.
func Each(verbs []string, group string, resources []string, namespace string) []Permission {
	var all []Permission
	for _, resource := range resources {
		for _, verb := range verbs {
			all = append(all, Of(verb, group, resource, namespace))
		}
	}
	return all
}

// Review fails the test unless a part is granted what it needs and what is spare,
// and nothing else.
func Review(s *suite.Suite, part string, granted, needs, spare []Permission) {
	s.T.Helper()
	for _, p := range granted {
		if !slices.Contains(needs, p) && !slices.Contains(spare, p) {
			s.T.Errorf("%s may %s, and nothing here shows what for", part, p)
		}
	}
	for _, p := range append(slices.Clone(needs), spare...) {
		if !slices.Contains(granted, p) {
			s.T.Errorf("%s is said to need to %s, and may not", part, p)
		}
	}
	if len(granted) == 0 {
		s.T.Fatalf("%s may do nothing: there is no binding for it", part)
	}
}

// Granted returns the permissions of a service account, from every binding that
// names it.
func Granted(s *suite.Suite, namespace, account string) []Permission {
	s.T.Helper()
	var all []Permission
	add := func(rules []rbacv1.PolicyRule, namespace string) {
		for _, rule := range rules {
			for _, verb := range rule.Verbs {
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						all = append(all, Of(verb, group, resource, namespace))
					}
				}
				for _, path := range rule.NonResourceURLs {
					all = append(all, Of(verb, "", path, namespace))
				}
			}
		}
	}
	own := func(subjects []rbacv1.Subject) bool {
		return slices.Contains(subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: account})
	}
	rbac := s.Client.RbacV1()
	global, err := rbac.ClusterRoleBindings().List(s.Ctx, metav1.ListOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	local, err := rbac.RoleBindings("").List(s.Ctx, metav1.ListOptions{})
	if err != nil {
		s.T.Fatal(err)
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

// rulesOf returns the rules of a role that a binding names.
func rulesOf(s *suite.Suite, role rbacv1.RoleRef, namespace string) []rbacv1.PolicyRule {
	s.T.Helper()
	if role.Kind == "ClusterRole" {
		found, err := s.Client.RbacV1().ClusterRoles().Get(s.Ctx, role.Name, metav1.GetOptions{})
		if err != nil {
			s.T.Fatal(err)
		}
		return found.Rules
	}
	found, err := s.Client.RbacV1().Roles(namespace).Get(s.Ctx, role.Name, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	return found.Rules
}

// Copies are pods like those of a part, with permissions of their own. Everything
// created for them is deleted when the test ends.
type Copies struct {
	*suite.Suite
	Part string

	awaited bool // the end of the test waits until the namespaces are gone
}

// Name returns the name of everything that belongs to one copy.
func (c *Copies) Name(of string) string { return "permissions-" + c.Part + "-" + of }

// Labels mark what belongs to these copies, and keep Services and policies from
// selecting them as the part itself.
func (c *Copies) Labels() map[string]string { return map[string]string{"permissions-of": c.Part} }

// Create fails the test if creating an object failed, and otherwise registers undo
// as a cleanup.
func (c *Copies) Create(err error, undo func(context.Context) error) {
	c.T.Helper()
	if err != nil {
		c.T.Fatal(err)
	}
	c.T.Cleanup(func() {
		// Its namespace may already be gone.
		if err := undo(context.WithoutCancel(c.Ctx)); err != nil && !apierrors.IsNotFound(err) {
			c.T.Errorf("cleaning up: %v", err)
		}
	})
}

// Namespace creates a namespace for one copy: no policy and no quota restricts it,
// and copies do not interfere with each other.
func (c *Copies) Namespace(of string) string {
	c.T.Helper()
	name := c.Name(of)
	namespaces := c.Client.CoreV1().Namespaces()
	if !c.awaited {
		c.awaited = true
		c.T.Cleanup(c.awaitGone) // after all that is registered later
	}
	_, err := namespaces.Create(c.Ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.Labels()}}, metav1.CreateOptions{})
	c.Create(err, func(ctx context.Context) error { return namespaces.Delete(ctx, name, metav1.DeleteOptions{}) })
	return name
}

// awaitGone waits until no namespace of the copies is left: until then, deletions
// use the machine's time and make NGINX load configurations.
func (c *Copies) awaitGone() {
	c.T.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Ctx), 2*budget.PodStart)
	defer cancel()
	err := await.Until(ctx, time.Second, "until the namespaces of the copies are gone", func(ctx context.Context) error {
		left, err := c.Client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: labels.FormatLabels(c.Labels())})
		if err == nil && len(left.Items) > 0 {
			err = fmt.Errorf("%d are left, %s among them", len(left.Items), left.Items[0].Name)
		}
		return err
	})
	if err != nil {
		c.T.Errorf("cleaning up: %v", err)
	}
}

// Account creates a service account with these permissions and returns its name.
func (c *Copies) Account(namespace, of string, may []Permission) string {
	c.T.Helper()
	name, accounts := c.Name(of), c.Client.CoreV1().ServiceAccounts(namespace)
	_, err := accounts.Create(c.Ctx, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: c.Labels()}}, metav1.CreateOptions{})
	c.Create(err, func(ctx context.Context) error { return accounts.Delete(ctx, name, metav1.DeleteOptions{}) })
	c.Grant(namespace, of, "all", may)
	return name
}

// Grant adds permissions to those of a service account, in roles named after set.
func (c *Copies) Grant(namespace, of, set string, may []Permission) {
	c.T.Helper()
	rbac, remove := c.Client.RbacV1(), metav1.DeleteOptions{}
	own := metav1.ObjectMeta{Name: c.Name(of) + "-" + set, Labels: c.Labels()}
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: c.Name(of)}}
	role := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: own.Name}
	rules := map[string][]rbacv1.PolicyRule{}
	for _, p := range may {
		rules[p.Namespace] = append(rules[p.Namespace], p.rule())
	}
	for at, some := range rules {
		if at == "" {
			_, err := rbac.ClusterRoles().Create(c.Ctx, &rbacv1.ClusterRole{ObjectMeta: own, Rules: some}, metav1.CreateOptions{})
			c.Create(err, func(ctx context.Context) error { return rbac.ClusterRoles().Delete(ctx, own.Name, remove) })
			_, err = rbac.ClusterRoleBindings().Create(c.Ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: own, Subjects: subjects, RoleRef: role}, metav1.CreateOptions{})
			c.Create(err, func(ctx context.Context) error { return rbac.ClusterRoleBindings().Delete(ctx, own.Name, remove) })
			continue
		}
		local := role
		local.Kind = "Role"
		_, err := rbac.Roles(at).Create(c.Ctx, &rbacv1.Role{ObjectMeta: own, Rules: some}, metav1.CreateOptions{})
		c.Create(err, func(ctx context.Context) error { return rbac.Roles(at).Delete(ctx, own.Name, remove) })
		_, err = rbac.RoleBindings(at).Create(c.Ctx, &rbacv1.RoleBinding{ObjectMeta: own, Subjects: subjects, RoleRef: local}, metav1.CreateOptions{})
		c.Create(err, func(ctx context.Context) error { return rbac.RoleBindings(at).Delete(ctx, own.Name, remove) })
	}
}

func (p Permission) rule() rbacv1.PolicyRule {
	if p.isPath() {
		return rbacv1.PolicyRule{NonResourceURLs: []string{p.Resource}, Verbs: []string{p.Verb}}
	}
	return rbacv1.PolicyRule{APIGroups: []string{p.Group}, Resources: []string{p.Resource}, Verbs: []string{p.Verb}}
}

// Token returns a bearer token for a service account.
func (c *Copies) Token(namespace, account string) string {
	c.T.Helper()
	request, err := c.Client.CoreV1().ServiceAccounts(namespace).CreateToken(c.Ctx, account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	return request.Status.Token
}

// Run starts a pod that runs as a service account and has its name.
func (c *Copies) Run(namespace, account string, labels map[string]string, spec corev1.PodSpec) {
	c.T.Helper()
	spec.ServiceAccountName, spec.DeprecatedServiceAccount = account, account
	now := int64(0)
	spec.TerminationGracePeriodSeconds = &now
	for i := range spec.Containers {
		// A probe would restart it before its log shows why it fails.
		spec.Containers[i].LivenessProbe, spec.Containers[i].Lifecycle = nil, nil
	}
	all := c.Labels()
	maps.Copy(all, labels)
	pods := c.Client.CoreV1().Pods(namespace)
	_, err := pods.Create(c.Ctx, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: account, Labels: all}, Spec: spec}, metav1.CreateOptions{})
	c.Create(err, func(ctx context.Context) error { return pods.Delete(ctx, account, metav1.DeleteOptions{}) })
}

// Address returns the IP address of a copy's pod.
func (c *Copies) Address(ctx context.Context, namespace, pod string) (string, error) {
	found, err := c.Client.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err == nil && found.Status.PodIP == "" {
		err = fmt.Errorf("pod %s has no address yet", pod)
	}
	if err != nil {
		return "", err
	}
	return found.Status.PodIP, nil
}

// Log returns what a container of a copy has logged, in this run and the previous
// one: without a permission it may have exited.
func (c *Copies) Log(ctx context.Context, namespace, pod, container string) (string, error) {
	pods := c.Client.CoreV1().Pods(namespace)
	text, err := pods.GetLogs(pod, &corev1.PodLogOptions{Container: container}).DoRaw(ctx)
	before, beforeErr := pods.GetLogs(pod, &corev1.PodLogOptions{Container: container, Previous: true}).DoRaw(ctx)
	if err != nil && beforeErr != nil {
		return "", errors.Join(err, beforeErr)
	}
	return string(before) + string(text), nil
}

// Says returns an error unless one of the words is in the log of a copy.
func (c *Copies) Says(ctx context.Context, namespace, pod, container string, words ...string) error {
	text, err := c.Log(ctx, namespace, pod, container)
	if err != nil {
		return err
	}
	// Where one message quotes another, the inner quotes are escaped.
	plain := strings.ReplaceAll(text, `\`, "")
	for _, some := range words {
		if strings.Contains(plain, strings.ReplaceAll(some, `\`, "")) {
			return nil
		}
	}
	const shown = 4000
	return fmt.Errorf("the log of %s does not say %q:\n%s", pod, words[0], text[max(0, len(text)-shown):])
}

// Refused returns an error unless a copy says that it lacks a permission: in the
// words of the API server that has refused it, or in those of the operator, which
// checks its permissions when it starts.
func (c *Copies) Refused(ctx context.Context, namespace, pod, container string, p Permission) error {
	return c.Says(ctx, namespace, pod, container,
		fmt.Sprintf("cannot %s resource %q in API group %q", p.Verb, p.Resource, p.Group),
		fmt.Sprintf("missing %q permission on resource %q (group: %q)", p.Verb, p.Resource, p.Group))
}

// CustomResources is a client for resources that have no typed client.
type CustomResources struct {
	dynamic.Interface
	mapper meta.RESTMapper
}

func (c *Copies) Custom() CustomResources {
	c.T.Helper()
	client, err := dynamic.NewForConfig(c.Config)
	if err != nil {
		c.T.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(c.Client.Discovery())
	if err != nil {
		c.T.Fatal(err)
	}
	return CustomResources{client, restmapper.NewDiscoveryRESTMapper(groups)}
}

// PlaceOf returns the client for objects of the same kind and namespace.
func (r CustomResources) PlaceOf(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
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

// Apply creates the objects in a text of YAML documents.
func (c *Copies) Apply(custom CustomResources, namespace, text string) {
	c.T.Helper()
	for document := range strings.SplitSeq(text, "\n---\n") {
		object := c.Decode(namespace, document)
		at, err := custom.PlaceOf(object)
		if err != nil {
			c.T.Fatal(err)
		}
		_, err = at.Create(c.Ctx, object, metav1.CreateOptions{})
		c.Create(err, func(ctx context.Context) error { return at.Delete(ctx, object.GetName(), metav1.DeleteOptions{}) })
	}
}

// Decode reads a YAML document in which NAMESPACE stands for the copy's namespace.
func (c *Copies) Decode(namespace, document string) *unstructured.Unstructured {
	c.T.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(strings.ReplaceAll(document, "NAMESPACE", namespace)), &object.Object); err != nil {
		c.T.Fatalf("%v in\n%s", err, document)
	}
	return object
}
