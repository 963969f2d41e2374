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

// zones is the number of zones that workers are spread over, as in a cloud region.
const zones = 3

// zone returns the zone of a node; a single node has none. The control plane is in
// the first worker's zone: it takes no other pods, and in a zone of its own it would
// still count for topology spread.
func zone(node int) string {
	return "zone-" + string(rune('a'+max(node-1, 0)%zones))
}

// Configuration returns kind's configuration of a cluster: one control plane, and
// workers if there are more nodes. The node image, pulled or built, contains the
// network that kind installs.
func Configuration(r Record, mounts ...Mount) string {
	var b strings.Builder
	b.WriteString("kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nnetworking:\n  apiServerAddress: 127.0.0.1\nnodes:\n")
	for i, port := range r.HTTPPorts() {
		role, mappings := "worker", [][2]int{{HTTPNodePort, port}}
		if i == 0 {
			role, mappings = "control-plane", append(mappings, [2]int{PrometheusNodePort, r.PrometheusPort})
		}
		fmt.Fprintf(&b, "- role: %s\n  image: %s\n", role, r.NodeImage)
		if r.NodeCount() > 1 {
			fmt.Fprintf(&b, "  labels: {topology.kubernetes.io/zone: %s}\n", zone(i))
		}
		b.WriteString("  extraPortMappings:\n")
		for _, mapping := range mappings {
			fmt.Fprintf(&b, "  - containerPort: %d\n    hostPort: %d\n    listenAddress: 127.0.0.1\n    protocol: TCP\n", mapping[0], mapping[1])
		}
		if len(mounts) > 0 {
			b.WriteString("  extraMounts:\n")
		}
		for _, mount := range mounts {
			fmt.Fprintf(&b, "  - {hostPath: %q, containerPath: %q, readOnly: true}\n", mount.Host, mount.Node)
		}
	}
	b.WriteString(kubelet)
	fmt.Fprintf(&b, controllers, r.HPASync().Seconds())
	if r.NodeFailure == NodeFailureFast {
		fmt.Fprintf(&b, nodeFailure, statusUpdate, lease, monitorPeriod, monitorGrace, toleration, toleration, readIdle, ping)
	}
	return b.String()
}

// NewSync is the sync period of autoscalers in a new cluster. It decides how late a
// step of the load is noticed, and each sync costs the API server a few requests:
// docs/benchmarks/reaction.md has figures for both.
const NewSync = time.Second

// kubelet changes three settings. The first two only matter on machines with
// cgroup v1 or with fewer capabilities than usual. The third is how soon a
// running pod sees a changed Secret or ConfigMap: Prometheus gets its targets that
// way, and the first metric would wait for the default of a minute.
const kubelet = `kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  failCgroupV1: false
  featureGates:
    KubeletInUserNamespace: true
  syncFrequency: 10s
`

// controllers sets the sync period of autoscalers; the default is 15 s. It is written
// with a map of arguments and without the version of kubeadm's API: kind converts it
// to the form that the node's Kubernetes expects, and keeps its own arguments.
const controllers = `- |
  kind: ClusterConfiguration
  controllerManager:
    extraArgs:
      horizontal-pod-autoscaler-sync-period: %gs
`

// NodeFailureFast is the value of Record.NodeFailure that makes the cluster give up a
// dead node within seconds.
const NodeFailureFast = "fast"

// How soon a dead node is given up, in seconds, with Kubernetes' defaults in the
// comments and in parentheses.
//
// A kubelet renews its lease every quarter of the lease's duration: every 2 s. A
// renewal times out after statusUpdate, and after two timeouts in a row the kubelet
// closes its connections. So a healthy node that has lost its connection to the API
// server has renewed its lease after 2 + 2 * 2 s at the latest. monitorGrace is twice
// that.
//
// The controller manager checks every monitorPeriod. It takes one check to see the
// last renewal and one to see that it is too old. A dead node's pods are not ready,
// and get no new requests, after
//
//	monitorGrace - 2 to monitorGrace + 2*monitorPeriod: 10 to 14 (40 to 60)
//
// and are replaced on other nodes a further toleration later: 20 to 24 (340 to 360).
//
// A connection from the API server to a node or to the adapter that died silently is
// closed after readIdle + ping: 4 (45). That must be less than monitorGrace, for the
// kubelet as well, and a busy machine must have time to answer a ping.
const (
	lease         = 8  // 40
	statusUpdate  = 2  // 10
	monitorPeriod = 1  // 5
	monitorGrace  = 12 // 50
	toleration    = 10 // 300, of pods that set none themselves
	readIdle      = 2  // 30
	ping          = 2  // 15
)

// nodeFailure sets these. nodeStatusReportFrequency has its default, but must be set:
// otherwise it follows nodeStatusUpdateFrequency, and an unchanged status is written
// that often.
const nodeFailure = `- |
  kind: KubeletConfiguration
  nodeStatusUpdateFrequency: %ds
  nodeLeaseDurationSeconds: %d
  nodeStatusReportFrequency: 5m
- |
  kind: ClusterConfiguration
  controllerManager:
    extraArgs:
      node-monitor-period: %ds
      node-monitor-grace-period: %ds
  apiServer:
    extraArgs:
      default-not-ready-toleration-seconds: "%d"
      default-unreachable-toleration-seconds: "%d"
    extraEnvs:
    - {name: HTTP2_READ_IDLE_TIMEOUT_SECONDS, value: "%d"}
    - {name: HTTP2_PING_TIMEOUT_SECONDS, value: "%d"}
`

// kubeletEnvironment returns lines for the kubelet's unit, for settings that are not
// in its configuration.
func kubeletEnvironment(r Record) string {
	if r.NodeFailure != NodeFailureFast {
		return ""
	}
	return fmt.Sprintf("Environment=HTTP2_READ_IDLE_TIMEOUT_SECONDS=%d HTTP2_PING_TIMEOUT_SECONDS=%d\n", readIdle, ping)
}
