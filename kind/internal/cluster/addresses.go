// SPDX-License-Identifier: Apache-2.0

package cluster

// PodRange and ServiceRange are the addresses of a kind cluster: kind's defaults.
const (
	PodRange     = "10.244.0.0/16"
	ServiceRange = "10.96.0.0/16"
)

// addressesFile adds to the kubelet's unit, which is what starts the pods.
const addressesFile = "/etc/systemd/system/kubelet.service.d/20-addresses.conf"

// addressesUnit keeps inside the node what is sent to addresses that no pod in it
// has, whichever image the node is made from.
//
// A pod has a route of its own and takes it along; what is left is the node's way
// out, so that a request to a pod that has just ended would go to another machine with
// that address. A refusal also lets NGINX turn to the next pod at once.
//
// A Service is known a moment before kube-proxy has written its rules. Who sends
// to it in that moment would be connected out there as well, and stay so: the
// adapter keeps its connection to Prometheus. What the rules have translated goes
// to a pod; only what the node itself sends is looked up before that, hence the
// exception for it (lo).
//
// The kubelet is started more than once, and a rule that is there already is no
// failure (the minus sign).
const addressesUnit = `[Service]
ExecStartPre=/usr/sbin/ip route replace unreachable ` + PodRange + `
ExecStartPre=-/usr/sbin/ip rule add preference 1000 iif lo to ` + ServiceRange + ` lookup main
ExecStartPre=-/usr/sbin/ip rule add preference 1001 to ` + ServiceRange + ` unreachable
`
