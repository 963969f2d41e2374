// SPDX-License-Identifier: Apache-2.0

package cluster

// PodRange and ServiceRange are the address ranges of a cluster, kind's defaults.
const (
	PodRange     = "10.244.0.0/16"
	ServiceRange = "10.96.0.0/16"
)

// addressesFile is a drop-in of the kubelet's unit: it runs before any pod starts.
const addressesFile = "/etc/systemd/system/kubelet.service.d/20-addresses.conf"

// addressesUnit keeps traffic to addresses without a pod inside the node, whichever
// image the node is made from.
//
// The route to a pod disappears with the pod. The node's default route would then
// send a request to a pod that has just ended to another machine with that address.
// An immediate refusal also lets NGINX try the next pod at once.
//
// A Service exists a moment before kube-proxy has written its rules. A client that
// connects in that moment would reach a machine outside as well, and stay connected:
// the adapter keeps its connection to Prometheus. The rules translate traffic of pods
// before it is routed, but the node's own traffic after that: hence the exception for
// lo.
//
// The kubelet is started more than once, and a rule that already exists is not a
// failure (the minus sign).
const addressesUnit = `[Service]
ExecStartPre=/usr/sbin/ip route replace unreachable ` + PodRange + `
ExecStartPre=-/usr/sbin/ip rule add preference 1000 iif lo to ` + ServiceRange + ` lookup main
ExecStartPre=-/usr/sbin/ip rule add preference 1001 to ` + ServiceRange + ` unreachable
`
