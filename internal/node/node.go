// SPDX-License-Identifier: Apache-2.0

// Package node reaches below Kubernetes: it stops and starts the container that
// is a node of a kind cluster, and runs programs inside it, as a broken machine or an
// administrator would.
package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
)

// Node is the container of one of a cluster's nodes.
type Node struct {
	Engine string // docker or podman; its settings are in this process's environment
	Name   string // of the container
}

// New returns a node that an environment's description names.
func New(engine, name string) (Node, error) {
	if engine == "" || name == "" {
		return Node{}, fmt.Errorf("the environment names the engine %q and the node %q: it is not up, bring it up with `make up`", engine, name)
	}
	return Node{Engine: engine, Name: name}, nil
}

// Stop stops the node and everything that runs in it.
func (n Node) Stop(ctx context.Context) error {
	_, err := n.run(ctx, nil, "stop", n.Name)
	return err
}

// Crash kills the node at once, like a machine that loses power: nothing in it is
// notified.
func (n Node) Crash(ctx context.Context) error {
	// The engine closes the connections of a container that it kills; a machine that
	// loses power does not.
	if _, err := n.Exec(ctx, "ip", "link", "set", "eth0", "down"); err != nil {
		return err
	}
	_, err := n.run(ctx, nil, "kill", n.Name)
	return err
}

// Start starts a node that was stopped or has crashed. It does not wait for Kubernetes.
func (n Node) Start(ctx context.Context) error {
	_, err := n.run(ctx, nil, "start", n.Name)
	return err
}

// Exec runs a program in the node and returns what it printed.
func (n Node) Exec(ctx context.Context, program string, args ...string) (string, error) {
	return n.run(ctx, nil, append([]string{"exec", n.Name, program}, args...)...)
}

// ExecWith is Exec for a program that reads its standard input.
func (n Node) ExecWith(ctx context.Context, stdin io.Reader, program string, args ...string) (string, error) {
	return n.run(ctx, stdin, append([]string{"exec", "-i", n.Name, program}, args...)...)
}

// Kill kills the process of a container at once, like a crash or the kernel's OOM
// killer: there is no notice, and the kubelet finds out by itself. The id is that of a
// pod's status, such as containerd://0123.
func (n Node) Kill(ctx context.Context, id string) error {
	bare, err := containerID(id)
	if err != nil {
		return err
	}
	_, err = n.Exec(ctx, "ctr", "--namespace=k8s.io", "tasks", "kill", "--signal", "SIGKILL", bare)
	return err
}

// Process returns the ID of a container's main process in the node's PID namespace.
func (n Node) Process(ctx context.Context, id string) (int, error) {
	bare, err := containerID(id)
	if err != nil {
		return 0, err
	}
	list, err := n.Exec(ctx, "ctr", "--namespace=k8s.io", "tasks", "list")
	if err != nil {
		return 0, err
	}
	return processOf(list, bare)
}

func containerID(id string) (string, error) {
	bare, found := strings.CutPrefix(id, "containerd://")
	if !found || bare == "" {
		return "", fmt.Errorf("container ID %q does not have the form containerd://<id>: is the container running?", id)
	}
	return bare, nil
}

// processOf reads ctr's table of tasks: ID, process, status.
func processOf(list, id string) (int, error) {
	for line := range strings.Lines(list) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == id {
			pid, err := strconv.Atoi(fields[1])
			if err != nil {
				return 0, fmt.Errorf("process of container %s: %w", id, err)
			}
			return pid, nil
		}
	}
	return 0, fmt.Errorf("the node has no process of container %s", id)
}

func (n Node) run(ctx context.Context, stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, n.Engine, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &stdout, &stderr
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s %s: %w", n.Engine, strings.Join(args, " "), context.Cause(ctx))
	case err != nil:
		if said := strings.TrimSpace(stderr.String()); said != "" {
			err = errors.Join(err, errors.New(said))
		}
		return "", fmt.Errorf("%s %s: %w", n.Engine, strings.Join(args, " "), err)
	}
	return stdout.String(), nil
}
