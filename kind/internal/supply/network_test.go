// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
)

// The policy enforcer and the routes program may read the cluster and write the node's
// rules and routes, and nothing else.
func TestPolicyEnforcerHasTheLeast(t *testing.T) {
	const image, routes = "example.org/kube-router:v1", "example.org/routes:v1"
	var daemon appsv1.DaemonSet
	var role rbacv1.ClusterRole
	documents := strings.Split(fmt.Sprintf(policyEnforcer, image, routes), "\n---\n")
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
	wanted := map[string][]corev1.Capability{image: {"NET_ADMIN", "NET_RAW"}, routes: {"NET_ADMIN"}}
	for _, container := range daemon.Spec.Template.Spec.Containers {
		security := container.SecurityContext
		add, known := wanted[container.Image]
		if !known || security.Privileged != nil || *security.AllowPrivilegeEscalation || !*security.ReadOnlyRootFilesystem ||
			!slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}) || !slices.Equal(security.Capabilities.Add, add) {
			t.Errorf("the container is %s with %+v", container.Image, security)
		}
		delete(wanted, container.Image)
		if container.Name != "kube-router" {
			continue
		}
		for _, flag := range []string{"--run-firewall=true", "--run-router=false", "--run-service-proxy=false"} {
			if !slices.Contains(container.Args, flag) {
				t.Errorf("arguments are %q, want %s among them", container.Args, flag)
			}
		}
	}
	if len(wanted) > 0 {
		t.Errorf("there are no containers of %v", wanted)
	}
}

// On a bridge, traffic between pods would bypass the rules. And traffic to a pod that is
// gone must not leave the node.
func TestPodsAreRouted(t *testing.T) {
	var network struct {
		Plugins []struct {
			Type   string
			IPMasq bool
			IPAM   struct {
				Ranges [][]struct{ Subnet netip.Prefix }
			}
		}
	}
	// containerd fills in the range of the node.
	var written strings.Builder
	template, err := template.New("").Parse(routedNetwork)
	if err != nil {
		t.Fatal(err)
	}
	const ofNode = "10.244.3.0/24"
	if err := template.Execute(&written, struct{ PodCIDR string }{ofNode}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(written.String()), &network); err != nil {
		t.Fatal(err)
	}
	if len(network.Plugins) == 0 || network.Plugins[0].Type != "ptp" {
		t.Fatalf("plugins are %+v, want ptp first", network.Plugins)
	}
	if network.Plugins[0].IPMasq {
		t.Error("pods of other nodes see the node's address instead of the pod's, which policies match")
	}
	if ranges := network.Plugins[0].IPAM.Ranges; len(ranges) != 1 || len(ranges[0]) != 1 || ranges[0][0].Subnet.String() != ofNode {
		t.Errorf("pods get addresses out of %v, want %s", ranges, ofNode)
	}
	unreachable := netip.MustParsePrefix(cluster.PodRange)
	for _, ranges := range network.Plugins[0].IPAM.Ranges {
		for _, r := range ranges {
			if !unreachable.Contains(r.Subnet.Addr()) || unreachable.Bits() > r.Subnet.Bits() {
				t.Errorf("traffic to addresses without a pod in %s leaves the node: only %s is unreachable", r.Subnet, unreachable)
			}
		}
	}
}

// Traffic to a Service without rules yet must not leave the node either. The policy
// enforcer has the same range.
func TestServicesAreWhereTheNodeLooksForThem(t *testing.T) {
	if want := "--service-cluster-ip-range=" + cluster.ServiceRange + "\n"; !strings.Contains(policyEnforcer, want) {
		t.Errorf("the policy enforcer lacks %q", want)
	}
}

// Traffic between pods keeps their addresses, on whichever nodes they are.
func TestOnlyWhatLeavesThePodsIsMasqueraded(t *testing.T) {
	if want := "POSTROUTING -s " + cluster.PodRange + " ! -d " + cluster.PodRange + " -j MASQUERADE"; !strings.Contains(masquerade, want) {
		t.Errorf("%q is not in\n%s", want, masquerade)
	}
}

func TestContainerdConfiguration(t *testing.T) {
	const kinds = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n  sandbox_image = \"pause:1\"\n  restrict_oom_score_adj = false\n"
	for name, test := range map[string]struct{ text, failure string }{
		"as kind has it":       {kinds, ""},
		"nothing to restrict":  {"version = 2\n", "restrict_oom_score_adj"},
		"a network of its own": {kinds + "[plugins.\"io.containerd.grpc.v1.cri\".cni]\n", "section"},
		"no pause image":       {"restrict_oom_score_adj = false\n", "sandbox_image"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.toml")
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			text, sandbox, err := containerdConfiguration(path)
			if (err == nil) != (test.failure == "") || err != nil && !strings.Contains(err.Error(), test.failure) {
				t.Fatalf("error is %v, want %q", err, test.failure)
			}
			if err != nil {
				return
			}
			want := strings.Replace(kinds, "false", "true", 1) + "\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\n  conf_template = \"" + networkTemplate + "\"\n"
			if text != want || sandbox != "pause:1" {
				t.Errorf("got %q and\n%s\nwant\n%s", sandbox, text, want)
			}
		})
	}
}
