// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
)

// What enforces policies may read the cluster, and write the node's rules;
// nothing else.
func TestPolicyEnforcerHasTheLeast(t *testing.T) {
	const image = "example.org/kube-router:v1"
	var daemon appsv1.DaemonSet
	var role rbacv1.ClusterRole
	documents := strings.Split(fmt.Sprintf(policyEnforcer, image), "\n---\n")
	for _, document := range documents {
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		var into any = &map[string]any{}
		switch kind.Kind {
		case "DaemonSet":
			into = &daemon
		case "ClusterRole":
			into = &role
		}
		if err := yaml.UnmarshalStrict([]byte(document), into); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
	}

	if len(role.Rules) == 0 {
		t.Error("there is no ClusterRole")
	}
	for _, rule := range role.Rules {
		for _, verb := range rule.Verbs {
			if !slices.Contains([]string{"get", "list", "watch"}, verb) {
				t.Errorf("it may %s %v", verb, rule.Resources)
			}
		}
		if slices.Contains(rule.Resources, "secrets") || slices.Contains(rule.Resources, "*") {
			t.Errorf("it may read %v", rule.Resources)
		}
	}
	if len(daemon.Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("it has containers %v, want one", daemon.Spec.Template.Spec.Containers)
	}
	container := daemon.Spec.Template.Spec.Containers[0]
	security := container.SecurityContext
	if container.Image != image || security.Privileged != nil || *security.AllowPrivilegeEscalation || !*security.ReadOnlyRootFilesystem ||
		!slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}) || !slices.Equal(security.Capabilities.Add, []corev1.Capability{"NET_ADMIN", "NET_RAW"}) {
		t.Errorf("the container is %s with %+v", container.Image, security)
	}
	for _, flag := range []string{"--run-firewall=true", "--run-router=false", "--run-service-proxy=false"} {
		if !slices.Contains(container.Args, flag) {
			t.Errorf("arguments are %q, want %s among them", container.Args, flag)
		}
	}
}

// On a bridge, what pods say to each other would pass by the rules. And whoever
// sends to a pod that is gone must not be sent out of the node.
func TestPodsAreRouted(t *testing.T) {
	var network struct {
		Plugins []struct {
			Type string
			IPAM struct {
				Ranges [][]struct{ Subnet netip.Prefix }
			}
		}
	}
	if err := json.Unmarshal([]byte(routedNetwork), &network); err != nil {
		t.Fatal(err)
	}
	if len(network.Plugins) == 0 || network.Plugins[0].Type != "ptp" {
		t.Fatalf("plugins are %+v, want ptp first", network.Plugins)
	}
	unreachable := netip.MustParsePrefix(cluster.PodRange)
	for _, ranges := range network.Plugins[0].IPAM.Ranges {
		for _, r := range ranges {
			if !unreachable.Contains(r.Subnet.Addr()) || unreachable.Bits() > r.Subnet.Bits() {
				t.Errorf("addresses without a pod in %s are looked for outside: only %s is unreachable", r.Subnet, unreachable)
			}
		}
	}
}

// Who sends to a Service before its rules are there must not be sent out of the
// node either. The range is the one that the policy enforcer is told.
func TestServicesAreWhereTheNodeLooksForThem(t *testing.T) {
	if want := "--service-cluster-ip-range=" + cluster.ServiceRange + "\n"; !strings.Contains(policyEnforcer, want) {
		t.Errorf("network policies lack %q", want)
	}
}
