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
	text := Configuration(Record{HTTPPort: 8080, PrometheusPort: 9091, NodeImage: "example.org/node:v1"}, true)
	if err := yaml.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if !parsed.Networking.DisableDefaultCNI || parsed.Networking.APIServerAddress != "127.0.0.1" || len(parsed.Nodes) != 1 || len(parsed.KubeadmConfigPatches) != 1 {
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
