// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

func TestConfigurationPublishesOnLoopbackOnly(t *testing.T) {
	var parsed struct {
		Networking struct {
			DisableDefaultCNI bool   `yaml:"disableDefaultCNI"`
			APIServerAddress  string `yaml:"apiServerAddress"`
		}
		Nodes []struct {
			Image             string
			ExtraPortMappings []struct {
				ContainerPort int    `yaml:"containerPort"`
				HostPort      int    `yaml:"hostPort"`
				ListenAddress string `yaml:"listenAddress"`
			} `yaml:"extraPortMappings"`
		}
		KubeadmConfigPatches []string `yaml:"kubeadmConfigPatches"`
	}
	text := Configuration(Record{HTTPPort: 8080, PrometheusPort: 9091, NodeImage: "example.org/node:v1"})
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if parsed.Networking.DisableDefaultCNI || parsed.Networking.APIServerAddress != "127.0.0.1" || len(parsed.Nodes) != 1 || len(parsed.KubeadmConfigPatches) != 2 {
		t.Fatalf("got\n%s", text)
	}
	want := map[int]int{HTTPNodePort: 8080, PrometheusNodePort: 9091}
	for _, mapping := range parsed.Nodes[0].ExtraPortMappings {
		if mapping.ListenAddress != "127.0.0.1" {
			t.Errorf("port %d is published on %q", mapping.HostPort, mapping.ListenAddress)
		}
		if want[mapping.ContainerPort] != mapping.HostPort {
			t.Errorf("port %d leads to %d", mapping.HostPort, mapping.ContainerPort)
		}
		delete(want, mapping.ContainerPort)
	}
	if len(want) > 0 {
		t.Errorf("nothing leads to %v", want)
	}
}

// A cluster of one node has the same configuration as before NODES existed.
func TestConfigurationOfOneNodeStaysAsItIs(t *testing.T) {
	want, err := os.ReadFile("testdata/one-node.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, nodes := range []int{0, 1} {
		r := Record{Nodes: nodes, HTTPPort: 80, PrometheusPort: 9090, NodeImage: "example.org/node:v1", HPASyncSeconds: 1}
		if got := Configuration(r, Mount{"/s/addresses.conf", addressesFile}); got != string(want) {
			t.Errorf("Nodes: %d gives\n%s\nwant\n%s", nodes, got, want)
		}
	}
}

// kubeadm has the tested fields of a kubeadm configuration patch.
type kubeadm struct {
	Kind                      string
	NodeStatusUpdateFrequency time.Duration `yaml:"nodeStatusUpdateFrequency"`
	NodeStatusReportFrequency time.Duration `yaml:"nodeStatusReportFrequency"`
	NodeLeaseDurationSeconds  int           `yaml:"nodeLeaseDurationSeconds"`
	ControllerManager         component     `yaml:"controllerManager"`
	APIServer                 component     `yaml:"apiServer"`
}

type component struct {
	ExtraArgs map[string]string              `yaml:"extraArgs"`
	ExtraEnvs []struct{ Name, Value string } `yaml:"extraEnvs"`
}

type configuration struct {
	Nodes []struct {
		Role, Image       string
		Labels            map[string]string
		ExtraPortMappings []struct {
			ContainerPort int    `yaml:"containerPort"`
			HostPort      int    `yaml:"hostPort"`
			ListenAddress string `yaml:"listenAddress"`
		} `yaml:"extraPortMappings"`
		ExtraMounts []struct {
			ContainerPath string `yaml:"containerPath"`
		} `yaml:"extraMounts"`
	}
	KubeadmConfigPatches []string `yaml:"kubeadmConfigPatches"`
}

func parse(t *testing.T, text string) (c configuration) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return c
}

func TestConfigurationOfSeveralNodes(t *testing.T) {
	r := Record{Nodes: 5, HTTPPort: 8080, PrometheusPort: 9091, NodeImage: "example.org/node:v1"}
	c := parse(t, Configuration(r, Mount{"/a", "/b"}))
	if len(c.Nodes) != 5 {
		t.Fatalf("nodes are %+v, want 5", c.Nodes)
	}
	wantZones := []string{"zone-a", "zone-a", "zone-b", "zone-c", "zone-a"}
	for i, node := range c.Nodes {
		role, ports := "worker", map[int]int{HTTPNodePort: 8080 + i}
		if i == 0 {
			role, ports[PrometheusNodePort] = "control-plane", 9091
		}
		if node.Role != role || node.Image != r.NodeImage || len(node.ExtraMounts) != 1 {
			t.Errorf("node %d is %+v, want a %s like the others", i, node, role)
		}
		if got := node.Labels["topology.kubernetes.io/zone"]; got != wantZones[i] {
			t.Errorf("node %d is in %q, want %q", i, got, wantZones[i])
		}
		if len(node.ExtraPortMappings) != len(ports) {
			t.Errorf("node %d publishes %+v, want %v", i, node.ExtraPortMappings, ports)
		}
		for _, mapping := range node.ExtraPortMappings {
			if mapping.ListenAddress != "127.0.0.1" || ports[mapping.ContainerPort] != mapping.HostPort {
				t.Errorf("node %d publishes %+v, want %v on loopback", i, mapping, ports)
			}
		}
	}
}

// A dead node is given up sooner only if that was chosen, and each setting leaves room
// for the ones that it depends on.
func TestNodeFailure(t *testing.T) {
	const base = 2
	if got := len(parse(t, Configuration(Record{Nodes: 3, NodeFailure: "defaults"})).KubeadmConfigPatches); got != base {
		t.Errorf("with Kubernetes' defaults there are %d patches, want %d", got, base)
	}
	if got := kubeletEnvironment(Record{Nodes: 3, NodeFailure: "defaults"}); got != "" {
		t.Errorf("with Kubernetes' defaults the kubelet has %q", got)
	}
	r := Record{Nodes: 3, NodeFailure: NodeFailureFast}
	patches := map[string]kubeadm{}
	for _, text := range parse(t, Configuration(r)).KubeadmConfigPatches[base:] {
		var patch kubeadm
		if err := yaml.Unmarshal([]byte(text), &patch); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		patches[patch.Kind] = patch
	}
	kubelet, cluster := patches["KubeletConfiguration"], patches["ClusterConfiguration"]
	duration := func(args map[string]string, name string) time.Duration {
		d, err := time.ParseDuration(args[name])
		if err != nil || d <= 0 {
			t.Errorf("%s is %q", name, args[name])
		}
		return d
	}
	period := duration(cluster.ControllerManager.ExtraArgs, "node-monitor-period")
	grace := duration(cluster.ControllerManager.ExtraArgs, "node-monitor-grace-period")
	renewal := time.Duration(kubelet.NodeLeaseDurationSeconds) * time.Second / 4
	if renewal <= 0 || kubelet.NodeStatusUpdateFrequency <= 0 {
		t.Fatalf("the kubelet has %+v", kubelet)
	}
	if repaired := renewal + 2*kubelet.NodeStatusUpdateFrequency; grace < 2*repaired {
		t.Errorf("a healthy node may be silent for %s, but is given up after %s", repaired, grace)
	}
	if period >= renewal {
		t.Errorf("the lease is renewed every %s, but checked only every %s", renewal, period)
	}
	if kubelet.NodeStatusReportFrequency != 5*time.Minute {
		t.Errorf("an unchanged status is written every %s", kubelet.NodeStatusReportFrequency)
	}
	var sum time.Duration
	for _, env := range cluster.APIServer.ExtraEnvs {
		seconds, err := strconv.Atoi(env.Value)
		if err != nil || seconds < 1 {
			t.Errorf("%s is %q: 0 switches the check off", env.Name, env.Value)
		}
		sum += time.Duration(seconds) * time.Second
		if text := kubeletEnvironment(r); !strings.Contains(text, env.Name+"="+env.Value) {
			t.Errorf("the kubelet has %q, but the API server %s=%s", text, env.Name, env.Value)
		}
	}
	if len(cluster.APIServer.ExtraEnvs) != 2 || sum >= grace {
		t.Errorf("a dead connection is noticed after %s (%+v), a dead node after %s", sum, cluster.APIServer.ExtraEnvs, grace)
	}
	for _, name := range []string{"default-not-ready-toleration-seconds", "default-unreachable-toleration-seconds"} {
		if seconds, err := strconv.Atoi(cluster.APIServer.ExtraArgs[name]); err != nil || seconds < 1 || seconds >= 300 {
			t.Errorf("%s is %q", name, cluster.APIServer.ExtraArgs[name])
		}
	}
}

func TestConfigurationSetsTheAutoscalersPeriod(t *testing.T) {
	for name, test := range map[string]struct {
		recorded float64
		want     string
	}{
		"chosen":       {1.5, "1.5s"},
		"older record": {0, "15s"},
	} {
		t.Run(name, func(t *testing.T) {
			var parsed struct {
				KubeadmConfigPatches []string `yaml:"kubeadmConfigPatches"`
			}
			if err := yaml.Unmarshal([]byte(Configuration(Record{HPASyncSeconds: test.recorded})), &parsed); err != nil {
				t.Fatal(err)
			}
			var patch struct {
				APIVersion        string `yaml:"apiVersion"`
				Kind              string
				ControllerManager struct {
					ExtraArgs map[string]string `yaml:"extraArgs"`
				} `yaml:"controllerManager"`
			}
			if err := yaml.Unmarshal([]byte(parsed.KubeadmConfigPatches[1]), &patch); err != nil {
				t.Fatal(err)
			}
			if got := patch.ControllerManager.ExtraArgs["horizontal-pod-autoscaler-sync-period"]; got != test.want || patch.Kind != "ClusterConfiguration" || patch.APIVersion != "" {
				t.Errorf("period is %q in %+v, want %q for any version of ClusterConfiguration", got, patch, test.want)
			}
		})
	}
}

func TestNodeReadsWhatIsMounted(t *testing.T) {
	var parsed struct {
		Nodes []struct {
			ExtraMounts []struct {
				HostPath      string `yaml:"hostPath"`
				ContainerPath string `yaml:"containerPath"`
				ReadOnly      bool   `yaml:"readOnly"`
			} `yaml:"extraMounts"`
		}
	}
	want := []Mount{{"/home/ada/a: \"b\"", "/etc/containerd/certs.d"}, {"/c", "/d"}}
	if err := yaml.Unmarshal([]byte(Configuration(Record{}, want...)), &parsed); err != nil {
		t.Fatal(err)
	}
	mounts := parsed.Nodes[0].ExtraMounts
	if len(mounts) != len(want) {
		t.Fatalf("mounts are %+v, want %+v", mounts, want)
	}
	for i, mount := range mounts {
		if mount.HostPath != want[i].Host || mount.ContainerPath != want[i].Node || !mount.ReadOnly {
			t.Errorf("mount %d is %+v, want %+v, read only", i, mount, want[i])
		}
	}
}
