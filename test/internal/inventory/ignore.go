// SPDX-License-Identifier: Apache-2.0

package inventory

import "strings"

// rule exempts objects that Kubernetes itself creates and removes over time, and
// what Helm leaves behind on purpose. An empty namespace matches all; a suffix
// restricts the rule to names that end with it.
type rule struct {
	group, resource, namespace string
	suffix                     string
	reason                     string
}

// helmLeaves is why definitions of the upstream charts stay. Those of the other
// charts are templates, and do count.
const (
	extensions, crds = "apiextensions.k8s.io", "customresourcedefinitions"
	helmLeaves       = "from the crds folder of NGINX Ingress Controller's chart, which Helm never removes"
)

// rules is the whole list; nothing else is left out of an inventory. It names a
// namespace wherever an object of ours could otherwise hide behind the rule:
// leases and endpoint slices of the project's namespaces do count.
func rules() []rule {
	return []rule{
		{resource: "events", reason: "a record of what happened, kept for an hour"},
		{group: "events.k8s.io", resource: "events", reason: "the same records under their other name"},
		{resource: "componentstatuses", reason: "not stored: each list probes the control plane"},
		{group: "coordination.k8s.io", resource: "leases", namespace: "kube-system", reason: "held by control plane processes, renamed when one restarts"},
		{group: "coordination.k8s.io", resource: "leases", namespace: "kube-node-lease", reason: "heartbeats of the nodes"},
		{group: "discovery.k8s.io", resource: "endpointslices", namespace: "kube-system", reason: "recreated under another name as the cluster's own pods come and go"},
		{group: "certificates.k8s.io", resource: "certificatesigningrequests", reason: "left by nodes that joined, removed by the control plane within a day"},
		{group: extensions, resource: crds, suffix: ".k8s.nginx.org", reason: helmLeaves},
		{group: extensions, resource: crds, suffix: ".externaldns.nginx.org", reason: helmLeaves},
		{group: extensions, resource: crds, suffix: ".appprotect.f5.com", reason: helmLeaves},
		{group: extensions, resource: crds, suffix: ".appprotectdos.f5.com", reason: helmLeaves},
	}
}

// reasonToIgnore returns why an object is left out of an inventory, if it is.
func reasonToIgnore(o Object) (string, bool) {
	for _, r := range rules() {
		if r.group == o.Group && r.resource == o.Resource && (r.namespace == "" || r.namespace == o.Namespace) && strings.HasSuffix(o.Name, r.suffix) {
			return r.reason, true
		}
	}
	return "", false
}
