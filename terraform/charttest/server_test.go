// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"
)

const (
	// establishing is how long an API server may take to serve a new definition, or
	// to delete an old one.
	establishing = 2 * time.Minute
	// asking limits a request, and the cleanup of a test.
	asking = 30 * time.Second
)

// An API server checks more than schemas: defaults, rules between fields, expressions
// in definitions, and a pod template against the pod security level of the module's
// namespace. Every object is sent to it as a dry run.
func TestAPIServerAcceptsEveryObject(t *testing.T) {
	server := emptyCluster(t)
	cases := []struct {
		name    string
		level   string // pod security level that the module sets for the namespace
		subject subject
	}{
		{"NGINX Ingress Controller", "restricted", controller(t, `monitor_release_label = "prometheus"`)},
		{"NGINX Gateway Fabric", "baseline", gateway(t, `namespace = "gateways"`)},
		{"kube-prometheus-stack", "restricted", stack(t, "alertmanager = true")},
		{"prometheus-adapter", "restricted", adapter(t, "")},
	}
	for _, c := range cases {
		server.define(t, chartDefinitions(c.subject))
	}
	server.define(t, moreDefinitions(t))
	for _, c := range cases {
		server.addNamespace(t, c.subject.release.namespace, c.level)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, o := range c.subject.objects(t) {
				if hook, _ := field(o, "metadata", "annotations", "helm.sh/hook").(string); strings.HasPrefix(hook, "test") {
					continue // only "helm test" creates it
				}
				server.requireAccepted(t, o, c.subject.release.namespace)
			}
		})
	}
}

// server is an API server that gets dry runs.
type server struct {
	client   dynamic.Interface
	mapper   *restmapper.DeferredDiscoveryRESTMapper
	warnings *warnings
}

// warnings collects the API server's warnings about requests that it accepts.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *warnings) HandleWarningHeader(code int, agent, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

// take returns the warnings since the last call.
func (w *warnings) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}

// emptyCluster connects to the cluster that UPSTREAM_KUBECONFIG names. Tests create
// definitions and namespaces in it, and delete them again.
func emptyCluster(t *testing.T) *server {
	t.Helper()
	path := os.Getenv("UPSTREAM_KUBECONFIG")
	if path == "" {
		t.Skip("UPSTREAM_KUBECONFIG is not set: it must name the kubeconfig of an empty cluster, whose API server gets dry runs")
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{warnings: &warnings{}}
	config.WarningHandler = s.warnings
	config.QPS, config.Burst = 100, 200
	if s.client, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	s.mapper = newMapper(t, config)
	return s
}

func newMapper(t *testing.T, config *rest.Config) *restmapper.DeferredDiscoveryRESTMapper {
	t.Helper()
	kinds, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return restmapper.NewDeferredDiscoveryRESTMapper(freshDiscovery{kinds})
}

// freshDiscovery caches nothing: definitions are created while it is used.
type freshDiscovery struct{ discovery.DiscoveryInterface }

func (freshDiscovery) Fresh() bool { return true }
func (freshDiscovery) Invalidate() {}

// define creates custom resource definitions, and deletes them after the test. Existing
// ones are kept.
func (s *server) define(t *testing.T, documents []string) {
	t.Helper()
	for _, text := range documents {
		var crd object
		if err := yaml.Unmarshal([]byte(text), &crd); err != nil {
			t.Fatal(err)
		}
		if crd.kind() == "CustomResourceDefinition" {
			s.create(t, schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}, crd)
		}
	}
}

// addNamespace creates a namespace in which the API server warns about pod templates that
// violate a pod security level.
func (s *server) addNamespace(t *testing.T, name, level string) {
	t.Helper()
	s.create(t, schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}, object{
		"apiVersion": "v1", "kind": "Namespace",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"pod-security.kubernetes.io/warn": level}},
	})
}

// create creates a cluster-scoped object unless it exists, and then deletes it after
// the test. If an old one is still being deleted, it waits.
func (s *server) create(t *testing.T, resource schema.GroupVersionResource, o object) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), establishing)
	defer cancel()
	objects := s.client.Resource(resource)
	for {
		_, err := objects.Create(ctx, &unstructured.Unstructured{Object: o}, metav1.CreateOptions{})
		if err == nil {
			break
		}
		if !apierrors.IsAlreadyExists(err) {
			t.Fatalf("%s %s: %v", o.kind(), o.name(), err)
		}
		found, err := objects.Get(ctx, o.name(), metav1.GetOptions{})
		if err == nil && found.GetDeletionTimestamp() == nil {
			return
		}
		pause(t, ctx, "the old "+o.kind()+" "+o.name()+" to be deleted")
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.Background(), asking)
		defer cancel()
		if err := objects.Delete(ctx, o.name(), metav1.DeleteOptions{}); err != nil {
			t.Errorf("%s %s is left over: %v", o.kind(), o.name(), err)
		}
	})
}

// requireAccepted fails the test unless the API server would accept the object, without
// unknown fields and without a warning.
func (s *server) requireAccepted(t *testing.T, o object, namespace string) {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	mapping := s.mapping(t, schema.FromAPIVersionAndKind(o["apiVersion"].(string), o.kind()))
	var objects dynamic.ResourceInterface = s.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if own, _ := field(o, "metadata", "namespace").(string); own != "" {
			namespace = own
		}
		objects = s.client.Resource(mapping.Resource).Namespace(namespace)
	}
	ctx, cancel := context.WithTimeout(t.Context(), asking)
	defer cancel()
	s.warnings.take()
	force := true
	_, err = objects.Patch(ctx, o.name(), types.ApplyPatchType, text, metav1.PatchOptions{
		DryRun: []string{metav1.DryRunAll}, FieldManager: "charttest", FieldValidation: metav1.FieldValidationStrict, Force: &force,
	})
	if err != nil {
		t.Errorf("%s %s is refused: %v", o.kind(), o.name(), err)
	}
	for _, warning := range s.warnings.take() {
		t.Errorf("%s %s: %s", o.kind(), o.name(), warning)
	}
}

// mapping returns the resource of a kind. It waits for a kind that has just been defined.
func (s *server) mapping(t *testing.T, kind schema.GroupVersionKind) *meta.RESTMapping {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), establishing)
	defer cancel()
	for {
		mapping, err := s.mapper.RESTMapping(kind.GroupKind(), kind.Version)
		if err == nil {
			return mapping
		}
		if !meta.IsNoMatchError(err) {
			t.Fatalf("looking up the kind %s: %v", kind, err)
		}
		s.mapper.Reset()
		pause(t, ctx, "the API server to know the kind "+kind.String())
	}
}

// pause waits half a second, and fails the test if the context ends.
func pause(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	select {
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
		t.Fatalf("waited for %s: %v", what, context.Cause(ctx))
	}
}
