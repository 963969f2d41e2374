// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"fmt"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
)

// kubeRouterModule enforces network policies, and does nothing else here.
const kubeRouterModule = "github.com/cloudnativelabs/kube-router/v2"

// routesPackage keeps routes to the pods of other nodes. Its image is only in a
// node image, whose key covers it.
const (
	routesPackage = "./kind/images/routes"
	routesImage   = "localhost/routes:1"
)

func (s *Supply) kubeRouterImage() string {
	return "docker.io/cloudnativelabs/kube-router:v" + s.Pins.Module(kubeRouterModule)
}

// network lists the files by which a node built here connects its pods: the
// configuration of the CNI plugins, what gives pods an address outside, and the
// manifest that kind applies to a new cluster. The published node image has a
// network of its own.
func (s *Supply) network() []image.File {
	return []image.File{
		{Path: "/etc/cni/net.d", Folder: true},
		{Path: networkTemplate, Content: routedNetwork, Mode: 0o644},
		{Path: "/etc/systemd/system/kubelet.service.d/15-masquerade.conf", Content: masquerade, Mode: 0o644},
		{Path: "/kind/manifests/default-cni.yaml", Content: fmt.Sprintf(policyEnforcer, s.kubeRouterImage(), routesImage), Mode: 0o644},
	}
}

// networkTemplate is where containerd finds routedNetwork. It writes the
// configuration of the CNI plugins from it as soon as the kubelet knows the node's
// range of pod addresses; until then the node is not ready.
const networkTemplate = "/etc/containerd/pods.conflist.template"

// masquerade lets pods speak to the world by the node's address. Among pods the
// address stays what it is, on other nodes as well: network policies go by it. The
// plugin's own masquerading would only leave out the node's own pods.
const masquerade = `[Service]
ExecStartPre=/bin/sh -c 'rule="POSTROUTING -s ` + cluster.PodRange + ` ! -d ` + cluster.PodRange + ` -j MASQUERADE"; iptables -w -t nat -C $$rule 2>/dev/null || iptables -w -t nat -A $$rule'
`

// routedNetwork gives the pods of a node their addresses. Each pod hangs on a link
// of its own, and the node routes between them: what two pods of one bridge say to
// each other would never meet a rule. The routes to other nodes' pods are kept by
// the routes program.
const routedNetwork = `{
  "cniVersion": "0.4.0",
  "name": "ptp",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "{{.PodCIDR}}"}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

// policyEnforcer runs kube-router with all but its firewall switched off, and the
// routes program beside it. They read the cluster and write nothing but the
// kernel's rules and routes: that takes root and one or two capabilities on the
// node's network, and no privilege beyond. The lock is the one by which kube-proxy
// and kube-router take turns.
//
// When the control plane's node is started anew it has another address, and a
// connection to the one before may die without a word. Nobody but this would find
// out where it is now, so it is noticed within 4 s instead of 45.
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
          env: &env
            - name: NODE_NAME
              valueFrom: {fieldRef: {fieldPath: spec.nodeName}}
            - {name: HTTP2_READ_IDLE_TIMEOUT_SECONDS, value: "2"}
            - {name: HTTP2_PING_TIMEOUT_SECONDS, value: "2"}
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
        - name: routes
          image: %s
          imagePullPolicy: Never
          env: *env
          readinessProbe:
            httpGet: {host: 127.0.0.1, path: /readyz, port: 20245}
            periodSeconds: 1
          resources:
            requests: {cpu: 5m, memory: 24Mi}
            limits: {memory: 96Mi}
          securityContext:
            runAsUser: 0
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL], add: [NET_ADMIN]}
            seccompProfile: {type: RuntimeDefault}
      volumes:
        - name: xtables-lock
          hostPath: {path: /run/xtables.lock, type: FileOrCreate}
`
