// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"testing"

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
