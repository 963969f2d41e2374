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
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
)

// AppNamespace is where kubectl looks without -n.
const AppNamespace = "app"

// Namespaces are those of what kind itself runs in a cluster.
func Namespaces() []string { return []string{"kube-system", "local-path-storage"} }

// Record is what is remembered of a cluster while it exists.
type Record struct {
	HTTPPort       int    `json:"http_port"`
	PrometheusPort int    `json:"prometheus_port"`
	Source         string `json:"source"` // registry or build
	Engine         string `json:"engine"`
	Charts         string `json:"charts"` // bundled or upstream; empty in a record from before there was a choice
	NodeImage      string `json:"node_image"`
	// Of a cluster made before it was written down it is 0.
	HPASyncSeconds float64 `json:"hpa_sync_seconds,omitempty"`
}

// kubernetesSync is how often an autoscaler looks unless it is told otherwise.
const kubernetesSync = 15 * time.Second

// HPASync is the time between two looks of the cluster's autoscaler.
func (r Record) HPASync() time.Duration {
	if r.HPASyncSeconds == 0 {
		return kubernetesSync
	}
	return time.Duration(r.HPASyncSeconds * float64(time.Second))
}

// Cluster is a kind cluster, there or not.
type Cluster struct {
	Name   string
	State  string // folder of the kubeconfig and the record
	Engine *engine.Engine
	Run    command.Runner // finds kind and kubectl, and knows the engine
}

// Kubeconfig returns the path of the cluster's kubeconfig.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.State, "kubeconfig") }

func (c *Cluster) node() string { return NodeName(c.Name) }

// NodeName returns the name of the container that is the only node of a
// cluster, as kind names it.
func NodeName(cluster string) string { return cluster + "-control-plane" }

// ReadRecord returns what is remembered of the cluster in a state folder. Its
// error wraps os.ErrNotExist when there is none.
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

// Status says what is left of a cluster.
type Status int

// The states of a cluster. Dead means that its container is there, and what ran
// in it is not.
const (
	Absent Status = iota
	Running
	Dead
)

// Status looks at the container, at its process and at the API server, because
// an engine whose machine went down may believe in a process that is gone.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	id, err := c.Run.Output(ctx, c.Engine.Name, "ps", "--all", "--quiet", "--filter", "name=^"+c.node()+"$")
	if err != nil {
		return Absent, fmt.Errorf("looking for the cluster %q: %w", c.Name, err)
	}
	if id == "" {
		return Absent, nil
	}
	state, err := c.Run.Output(ctx, c.Engine.Name, "inspect", "--format", "{{.State.Running}} {{.State.Pid}}", c.node())
	if err != nil {
		return Dead, nil
	}
	running, pid, _ := strings.Cut(state, " ")
	if running != "true" || (c.Engine.Name == "podman" && !processExists(pid)) {
		return Dead, nil
	}
	if err := c.answers(ctx, 20*time.Second); err != nil {
		if ctx.Err() != nil {
			return Absent, ctx.Err()
		}
		return Dead, nil
	}
	return Running, nil
}

// processExists only counts for podman, which has no daemon that would notice
// the end of a process, and which runs on this very machine under Linux.
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

// answers asks the API server whether it is ready until it says so.
func (c *Cluster) answers(ctx context.Context, patience time.Duration) error {
	return wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		return c.Run.Run(ctx, "kubectl", "--kubeconfig", c.Kubeconfig(), "--request-timeout=5s", "get", "--raw", "/readyz") == nil, nil
	})
}

// Create creates the cluster.
func (c *Cluster) Create(ctx context.Context, r Record, mounts []Mount) error {
	// kind mounts this folder; kernels without modules do not bring it along.
	if runtime.GOOS == "linux" && os.Geteuid() == 0 {
		if err := os.MkdirAll("/lib/modules", 0o755); err != nil {
			return fmt.Errorf("making /lib/modules, which kind mounts: %w", err)
		}
	}
	if err := os.MkdirAll(c.State, 0o700); err != nil {
		return fmt.Errorf("making room for the state of the cluster: %w", err)
	}
	addresses := Mount{Host: filepath.Join(c.State, "addresses.conf"), Node: addressesFile}
	if err := os.WriteFile(addresses.Host, []byte(addressesUnit), 0o644); err != nil {
		return fmt.Errorf("writing the routes of the node: %w", err)
	}
	path := filepath.Join(c.State, "kind.yaml")
	if err := os.WriteFile(path, []byte(Configuration(r, append(mounts, addresses)...)), 0o644); err != nil {
		return fmt.Errorf("writing the configuration of the cluster: %w", err)
	}
	// Before the cluster: when kind fails its node stays for a look, and holds
	// the ports. The next run has to know whose they are.
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

// Delete removes the cluster's containers and everything remembered of it. It
// is no error when there is nothing to remove.
func (c *Cluster) Delete(ctx context.Context) error {
	if err := c.Run.Run(ctx, "kind", "delete", "cluster", "--name", c.Name, "--kubeconfig", c.Kubeconfig()); err != nil {
		return fmt.Errorf("deleting the cluster %q: %w", c.Name, err)
	}
	if err := os.RemoveAll(c.State); err != nil {
		return fmt.Errorf("removing the state of the cluster %q: %w", c.Name, err)
	}
	return nil
}

// LoadImage puts an image into the node unless it is there already.
func (c *Cluster) LoadImage(ctx context.Context, archive, ref string) error {
	present, err := c.Run.Output(ctx, c.Engine.Name, "exec", c.node(), "ctr", "--namespace=k8s.io", "images", "list", "--quiet", "name=="+ref)
	if err != nil {
		return fmt.Errorf("asking the node for its images: %w", err)
	}
	if present == ref {
		return nil
	}
	if err := c.Run.Run(ctx, "kind", "load", "image-archive", archive, "--name", c.Name); err != nil {
		return fmt.Errorf("loading %s into the cluster: %w", ref, err)
	}
	return nil
}
