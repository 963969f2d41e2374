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

// zones is in how many zones the workers are, as in a region of a cloud.
const zones = 3

// zone is where a node stands; with one node there is none. The control plane is
// in the first worker's zone: it takes no other pods, and a zone without a node
// that does would count for the spread of pods over zones.
func zone(node int) string {
	return "zone-" + string(rune('a'+max(node-1, 0)%zones))
}

// Configuration returns kind's configuration of a cluster: one control plane, and
// workers if there are more nodes. The node image brings the network along that
// kind installs, pulled or built.
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

// NewSync is the sync period of autoscalers in a new cluster. It decides how
// late a step of the load is seen, and each sync of an autoscaler costs the API
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

// controllers sets the sync period of autoscalers; by default it is 15 s.
// Arguments as a map and without the version of kubeadm's API: kind gives them
// the form that the node's Kubernetes wants, and keeps its own arguments.
const controllers = `- |
  kind: ClusterConfiguration
  controllerManager:
    extraArgs:
      horizontal-pod-autoscaler-sync-period: %gs
`

// NodeFailureFast is the value of Record.NodeFailure with which the cluster gives
// a dead node up within seconds.
const NodeFailureFast = "fast"

// How long a dead node is believed in, in seconds, and what Kubernetes takes
// unless it is told otherwise.
//
// A kubelet renews its lease every quarter of the lease's duration: every 2 s. A
// renewal that is not answered is given up after statusUpdate, and with the second
// one in a row the kubelet closes its connections. So a node that is well and has
// lost its way to the API server has renewed its lease after 2 + 2 * 2 s at the
// latest, and is trusted for twice that: monitorGrace.
//
// The controller manager checks every monitorPeriod, once to see the last renewal
// and once to see that it is too old. A dead node's pods are not ready, and get no
// new requests, after
//
//	monitorGrace - 2 to monitorGrace + 2*monitorPeriod: 10 to 14 (40 to 60)
//
// and are replaced elsewhere after toleration on top: 20 to 24 (340 to 360).
//
// A connection of the API server to a node, or to the adapter, that died without
// a word is closed after readIdle + ping: 4 (45). That must be less than
// monitorGrace, for the kubelet as well, and a ping must have time to be answered
// by a machine that is busy.
const (
	lease         = 8  // 40
	statusUpdate  = 2  // 10
	monitorPeriod = 1  // 5
	monitorGrace  = 12 // 50
	toleration    = 10 // 300, of pods that do not say themselves how long they stay
	readIdle      = 2  // 30
	ping          = 2  // 15
)

// nodeFailure sets these. A shorter period of the status would also write it that
// often without the third line, which is the default of the other two's defaults.
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

// kubeletEnvironment adds to the kubelet's unit what its configuration does not
// hold.
func kubeletEnvironment(r Record) string {
	if r.NodeFailure != NodeFailureFast {
		return ""
	}
	return fmt.Sprintf("Environment=HTTP2_READ_IDLE_TIMEOUT_SECONDS=%d HTTP2_PING_TIMEOUT_SECONDS=%d\n", readIdle, ping)
}
