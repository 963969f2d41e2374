// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"fmt"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
)

// kubeRouterModule enforces network policies, and does nothing else here.
const kubeRouterModule = "github.com/cloudnativelabs/kube-router/v2"

func (s *Supply) kubeRouterImage() string {
	return "docker.io/cloudnativelabs/kube-router:v" + s.Pins.Module(kubeRouterModule)
}

// network lists the files by which a node built here connects its pods: the
// configuration of the CNI plugins, and the manifest that kind applies to a new
// cluster. The published node image has files of its own in the same places.
func (s *Supply) network() []image.File {
	return []image.File{
		{Path: "/etc/cni/net.d/10-ptp.conflist", Content: routedNetwork, Mode: 0o644},
		{Path: "/kind/manifests/default-cni.yaml", Content: fmt.Sprintf(policyEnforcer, s.kubeRouterImage()), Mode: 0o644},
	}
}

// routedNetwork gives the pods of the only node their addresses. Each pod hangs
// on a link of its own, and the node routes between them: what two pods of one
// bridge say to each other would never meet a rule.
const routedNetwork = `{
  "cniVersion": "0.4.0",
  "name": "ptp",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": true,
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "10.244.0.0/24"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

// policyEnforcer runs kube-router with all but its firewall switched off. It
// reads the cluster and writes nothing but the kernel's rules: that takes root
// and two capabilities on the node's network, and no privilege beyond. The lock
// is the one by which kube-proxy and it take turns.
const policyEnforcer = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: kube-router
  namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: kube-router
rules:
  # It waits for a copy of each of these before it starts, whatever is switched off.
  - apiGroups: [""]
    resources: [pods, namespaces, nodes, services, endpoints]
    verbs: [get, list, watch]
  - apiGroups: [discovery.k8s.io]
    resources: [endpointslices]
    verbs: [get, list, watch]
  - apiGroups: [networking.k8s.io]
    resources: [networkpolicies]
    verbs: [get, list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: kube-router
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: kube-router
subjects:
  - kind: ServiceAccount
    name: kube-router
    namespace: kube-system
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: kube-router
  namespace: kube-system
  labels: {k8s-app: kube-router}
spec:
  selector:
    matchLabels: {k8s-app: kube-router}
  template:
    metadata:
      labels: {k8s-app: kube-router}
    spec:
      priorityClassName: system-node-critical
      serviceAccountName: kube-router
      hostNetwork: true
      tolerations:
        - operator: Exists
      containers:
        - name: kube-router
          image: %s
          imagePullPolicy: IfNotPresent
          args:
            - --run-firewall=true
            - --run-router=false
            - --run-service-proxy=false
            - --run-loadbalancer=false
            - --enable-cni=false
            - --service-cluster-ip-range=10.96.0.0/16
          env:
            - name: NODE_NAME
              valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
          # Without it a kube-router that ends and is started again would be ready whenever it is running.
          readinessProbe:
            httpGet: {host: 127.0.0.1, path: /healthz, port: 20244}
            periodSeconds: 1
          livenessProbe:
            httpGet: {host: 127.0.0.1, path: /healthz, port: 20244}
            initialDelaySeconds: 10
            periodSeconds: 10
          resources:
            requests: {cpu: 20m, memory: 48Mi}
            limits: {memory: 256Mi}
          securityContext:
            runAsUser: 0
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL], add: [NET_ADMIN, NET_RAW]}
            seccompProfile: {type: RuntimeDefault}
          volumeMounts:
            - {name: xtables-lock, mountPath: /run/xtables.lock}
      volumes:
        - name: xtables-lock
          hostPath: {path: /run/xtables.lock, type: FileOrCreate}
`
