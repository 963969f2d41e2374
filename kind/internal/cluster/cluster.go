// SPDX-License-Identifier: Apache-2.0

// Package cluster creates, finds and deletes the kind cluster of an
// environment.
package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
)

// AppNamespace is kubectl's default namespace in the cluster.
const AppNamespace = "app"

// Namespaces returns the namespaces of what kind itself runs in a cluster.
func Namespaces() []string { return []string{"kube-system", "local-path-storage"} }

// Record is what is stored about a cluster while it exists.
type Record struct {
	// Zero for clusters created before this field existed, which have one node.
	Nodes int `json:"nodes,omitempty"`
	// NodeFailure is fast or defaults; empty with one node, which has no other to replace it.
	NodeFailure    string `json:"node_failure,omitempty"`
	HTTPPort       int    `json:"http_port"`
	PrometheusPort int    `json:"prometheus_port"`
	Source         string `json:"source"` // registry or build
	Engine         string `json:"engine"`
	Charts         string `json:"charts"` // bundled or upstream; empty in records from before this field existed
	NodeImage      string `json:"node_image"`
	// Zero for clusters created before this field existed.
	HPASyncSeconds float64 `json:"hpa_sync_seconds,omitempty"`
}

// kubernetesSync is Kubernetes' default sync period of autoscalers.
const kubernetesSync = 15 * time.Second

// HPASync returns the sync period of the cluster's autoscalers.
func (r Record) HPASync() time.Duration {
	if r.HPASyncSeconds == 0 {
		return kubernetesSync
	}
	return time.Duration(r.HPASyncSeconds * float64(time.Second))
}

// NodeCount returns how many nodes the cluster has.
func (r Record) NodeCount() int { return max(r.Nodes, 1) }

// HTTPPorts returns the ports of the ingress on 127.0.0.1, one for each node, in the
// order of NodeNames.
func (r Record) HTTPPorts() []int {
	ports := make([]int, r.NodeCount())
	for i := range ports {
		ports[i] = r.HTTPPort + i
	}
	return ports
}

// Cluster is a kind cluster, which may not exist.
type Cluster struct {
	Name   string
	Nodes  int    // number of nodes
	State  string // folder of the kubeconfig and the record
	Engine *engine.Engine
	Run    command.Runner // finds kind and kubectl, and has the engine's variables
}

// Kubeconfig returns the path of the cluster's kubeconfig.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.State, "kubeconfig") }

// NodeNames returns the names of the containers that are the nodes of a cluster,
// as kind names them. The first is the control plane's.
func NodeNames(cluster string, count int) []string {
	names := []string{cluster + "-control-plane"}
	for i := 1; i < count; i++ {
		name := cluster + "-worker"
		if i > 1 {
			name += strconv.Itoa(i)
		}
		names = append(names, name)
	}
	return names
}

// ReadRecord reads the record in a cluster's state folder. Its error wraps
// os.ErrNotExist when there is none.
func ReadRecord(state string) (Record, error) {
	var r Record
	data, err := os.ReadFile(filepath.Join(state, "cluster.json"))
	if err != nil {
		return r, fmt.Errorf("reading the record of the cluster: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("reading the record of the cluster in %s: %w", state, err)
	}
	return r, nil
}

func (c *Cluster) writeRecord(r Record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the record of the cluster: %w", err)
	}
	if err := os.WriteFile(filepath.Join(c.State, "cluster.json"), data, 0o644); err != nil {
		return fmt.Errorf("writing the record of the cluster: %w", err)
	}
	return nil
}

// Status is the state of a cluster.
type Status int

// The states of a cluster. Dead means that parts of it exist but it does not work.
const (
	Absent Status = iota
	Running
	Dead
)

// kindLabel is on each container that kind creates, with the name of its cluster.
const kindLabel = "io.x-k8s.kind.cluster"

// Status checks the containers, their processes and the API server, because after a
// crash of the machine the engine may still report a process that is gone. It also
// returns the workers that exist but do not run.
func (c *Cluster) Status(ctx context.Context) (status Status, stopped []string, err error) {
	listed, err := c.Run.Output(ctx, c.Engine.Name, "ps", "--all", "--filter", "label="+kindLabel+"="+c.Name, "--format", "{{.Names}}")
	if err != nil {
		return Absent, nil, fmt.Errorf("looking for the cluster %q: %w", c.Name, err)
	}
	there := strings.Fields(listed)
	if len(there) == 0 {
		return Absent, nil, nil
	}
	for i, node := range NodeNames(c.Name, c.Nodes) {
		switch {
		case !slices.Contains(there, node):
			return Dead, nil, nil
		case c.runs(ctx, node):
		case i == 0:
			return Dead, nil, nil
		default:
			stopped = append(stopped, node)
		}
	}
	if err := c.answers(ctx, 20*time.Second); err != nil {
		if ctx.Err() != nil {
			return Absent, nil, ctx.Err()
		}
		return Dead, nil, nil
	}
	return Running, stopped, nil
}

// runs reports whether a node's container and its process are running.
func (c *Cluster) runs(ctx context.Context, node string) bool {
	state, err := c.Run.Output(ctx, c.Engine.Name, "inspect", "--format", "{{.State.Running}} {{.State.Pid}}", node)
	if err != nil {
		return false
	}
	running, pid, _ := strings.Cut(state, " ")
	return running == "true" && (c.Engine.Name != "podman" || processExists(pid))
}

// Start starts nodes that have stopped.
func (c *Cluster) Start(ctx context.Context, nodes []string) error {
	for _, node := range nodes {
		if err := c.Run.Run(ctx, c.Engine.Name, "start", node); err != nil {
			return fmt.Errorf("starting the node %s: %w", node, err)
		}
	}
	return nil
}

// processExists matters for podman only, which has no daemon to notice the end of a
// process, and whose processes are on this machine under Linux only.
func processExists(pid string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 0 {
		return false
	}
	_, err = os.Stat(filepath.Join("/proc", pid))
	return err == nil
}

// answers polls the API server until it is ready.
func (c *Cluster) answers(ctx context.Context, patience time.Duration) error {
	return wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		return c.Run.Run(ctx, "kubectl", "--kubeconfig", c.Kubeconfig(), "--request-timeout=5s", "get", "--raw", "/readyz") == nil, nil
	})
}

// Create creates the cluster.
func (c *Cluster) Create(ctx context.Context, r Record, mounts []Mount) error {
	// kind mounts this folder, which is missing where the kernel has no modules.
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		if err := os.MkdirAll("/lib/modules", 0o755); err != nil {
			return fmt.Errorf("creating /lib/modules, which kind mounts: %w", err)
		}
	}
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return fmt.Errorf("creating the state folder of the cluster: %w", err)
	}
	addresses := Mount{Host: filepath.Join(c.State, "addresses.conf"), Node: addressesFile}
	if err := os.WriteFile(addresses.Host, []byte(addressesUnit+kubeletEnvironment(r)), 0o644); err != nil {
		return fmt.Errorf("writing the routes of the nodes: %w", err)
	}
	path := filepath.Join(c.State, "kind.yaml")
	if err := os.WriteFile(path, []byte(Configuration(r, append(mounts, addresses)...)), 0o644); err != nil {
		return fmt.Errorf("writing the configuration of the cluster: %w", err)
	}
	// Written before the cluster exists: when kind fails, its nodes are retained and
	// hold the ports. The next run must know that they are its own.
	if err := c.writeRecord(r); err != nil {
		return err
	}
	if err := c.Run.Run(ctx, "kind", "create", "cluster", "--name", c.Name, "--config", path, "--kubeconfig", c.Kubeconfig(), "--retain"); err != nil {
		return fmt.Errorf("creating the cluster %q: %w", c.Name, err)
	}
	if err := c.Run.Run(ctx, "kubectl", "--kubeconfig", c.Kubeconfig(), "config", "set-context", "--current", "--namespace="+AppNamespace); err != nil {
		return fmt.Errorf("choosing the default namespace: %w", err)
	}
	return nil
}

// Delete removes the cluster's containers and its state folder. It succeeds when
// there is nothing to remove.
func (c *Cluster) Delete(ctx context.Context) error {
	if err := c.Run.Run(ctx, "kind", "delete", "cluster", "--name", c.Name, "--kubeconfig", c.Kubeconfig()); err != nil {
		return fmt.Errorf("deleting the cluster %q: %w", c.Name, err)
	}
	if err := os.RemoveAll(c.State); err != nil {
		return fmt.Errorf("removing the state of the cluster %q: %w", c.Name, err)
	}
	return nil
}

// LoadImage puts an image into every node that does not have it.
func (c *Cluster) LoadImage(ctx context.Context, archive, ref string) error {
	var lacking []string
	for _, node := range NodeNames(c.Name, c.Nodes) {
		present, err := c.Run.Output(ctx, c.Engine.Name, "exec", node, "ctr", "--namespace=k8s.io", "images", "list", "--quiet", "name=="+ref)
		if err != nil {
			return fmt.Errorf("listing the images of the node %s: %w", node, err)
		}
		if present != ref {
			lacking = append(lacking, node)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	if err := c.Run.Run(ctx, "kind", "load", "image-archive", archive, "--name", c.Name, "--nodes", strings.Join(lacking, ",")); err != nil {
		return fmt.Errorf("loading %s into the cluster: %w", ref, err)
	}
	return nil
}
