// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"fmt"
	"strings"
	"time"
)

// Node ports of what is published on 127.0.0.1. The Terraform configuration
// gets the same numbers.
const (
	HTTPNodePort       = 30080
	PrometheusNodePort = 30090
)

// Mount is a file or folder of the host that a node reads.
type Mount struct{ Host, Node string }

// Configuration returns kind's configuration of a cluster with one node. The
// node image brings the network along that kind installs, pulled or built.
func Configuration(r Record, mounts ...Mount) string {
	var b strings.Builder
	b.WriteString("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking:\n  apiServerAddress: 127.0.0.1\n")
	fmt.Fprintf(&b, "nodes:\n- role: control-plane\n  image: %s\n  extraPortMappings:\n", r.NodeImage)
	for _, mapping := range [][2]int{{HTTPNodePort, r.HTTPPort}, {PrometheusNodePort, r.PrometheusPort}} {
		fmt.Fprintf(&b, "  - containerPort: %d\n    hostPort: %d\n    listenAddress: 127.0.0.1\n    protocol: TCP\n", mapping[0], mapping[1])
	}
	if len(mounts) > 0 {
		b.WriteString("  extraMounts:\n")
	}
	for _, mount := range mounts {
		fmt.Fprintf(&b, "  - {hostPath: %q, containerPath: %q, readOnly: true}\n", mount.Host, mount.Node)
	}
	b.WriteString(kubelet)
	fmt.Fprintf(&b, controllers, r.HPASync().Seconds())
	return b.String()
}

// NewSync is how often the autoscaler of a new cluster looks. It decides how
// late a step of the load is seen, and each look of an autoscaler costs the API
// server a few requests: docs/benchmarks/reaction.md has both.
const NewSync = time.Second

// kubelet changes three settings. The first two only matter on machines with
// cgroup v1 or with fewer capabilities than usual. The third is how soon a
// running pod sees a changed Secret or ConfigMap: Prometheus gets its targets
// that way, and a minute, the default, is long to wait for the first metric.
const kubelet = `kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  failCgroupV1: false
  featureGates:
    KubeletInUserNamespace: true
  syncFrequency: 10s
`

// controllers sets how often the autoscaler looks; elsewhere that is every 15 s.
// Arguments as a map and without the version of kubeadm's API: kind gives them
// the form that the node's Kubernetes wants, and keeps its own arguments.
const controllers = `- |
  kind: ClusterConfiguration
  controllerManager:
    extraArgs:
      horizontal-pod-autoscaler-sync-period: %gs
`
