// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/await"
)

// kwokMark marks kwok's nodes, and is the taint that keeps other pods away from them.
const (
	kwokMark  = "kwok.x-k8s.io/node"
	kwokNodes = 5
	// kwokGrace is how long kwok may take to end by itself.
	kwokGrace = 10 * time.Second
)

func kwokNode(i int) string { return fmt.Sprintf("bench-scale-%d", i%kwokNodes) }

// startKwok builds kwok, unless Go has it from an earlier run, starts it, and creates nodes for it. It
// manages no others.
func (s *stage) startKwok(ctx context.Context, dir string) error {
	program := filepath.Join(dir, "kwok")
	s.say("building kwok: a few minutes in the first run, seconds afterwards")
	module := filepath.Join(s.root, "bench", "scale", "kwok")
	if _, err := s.output(ctx, []string{"CGO_ENABLED=0", "GOFLAGS=-mod=readonly"}, "go", "build", "-C", module, "-trimpath", "-o", program, "sigs.k8s.io/kwok/cmd/kwok"); err != nil {
		return fmt.Errorf("building kwok: %w", err)
	}
	stages, err := s.stages(ctx, module)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(s.env.LogDir, "kwok.log"))
	if err != nil {
		return fmt.Errorf("making a log for kwok: %w", err)
	}
	defer log.Close() // kwok has its own copy
	// It must outlive the context: without it the pods could not be deleted.
	args := []string{"--kubeconfig=" + s.env.Kubeconfig, "--manage-all-nodes=false", "--manage-nodes-with-annotation-selector=" + kwokMark + "=fake"}
	for _, file := range stages {
		args = append(args, "--config="+file)
	}
	kwok := exec.Command(program, args...)
	kwok.Stdout, kwok.Stderr = log, log
	kwok.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt is for the benchmark only
	if err := kwok.Start(); err != nil {
		return fmt.Errorf("starting kwok: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- kwok.Wait() }()
	s.later(func(ctx context.Context) error { return end(kwok.Process, ended) })
	for i := range kwokNodes {
		if err := s.makeNode(ctx, kwokNode(i)); err != nil {
			return err
		}
	}
	return s.poll(ctx, time.Minute, "kwok's nodes to be Ready (see "+log.Name()+")", func(ctx context.Context) (string, bool, error) {
		select {
		case err := <-ended:
			ended <- err
			return "", false, fmt.Errorf("kwok has ended (%v), see %s: %w", err, log.Name(), await.ErrHopeless)
		default:
		}
		ready, err := s.readyNodes(ctx)
		return fmt.Sprintf("%d of %d", ready, kwokNodes), ready == kwokNodes, err
	})
}

// stages returns kwok's own files that describe how nodes and pods become ready, in its module.
func (s *stage) stages(ctx context.Context, module string) ([]string, error) {
	dir, err := s.output(ctx, []string{"GOFLAGS=-mod=readonly"}, "go", "list", "-C", module, "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	if err != nil {
		return nil, fmt.Errorf("finding kwok's module: %w", err)
	}
	var all []string
	for _, pattern := range []string{"node/fast/node-*.yaml", "node/heartbeat-with-lease/node-*.yaml", "pod/fast/pod-*.yaml"} {
		found, err := filepath.Glob(filepath.Join(dir, "kustomize", "stage", pattern))
		if err != nil || len(found) == 0 {
			return nil, errors.Join(fmt.Errorf("kwok's module %q has no %s: this version keeps its stages elsewhere", dir, pattern), err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// end asks a process to exit, and kills it if it does not.
func end(process *os.Process, ended <-chan error) error {
	process.Signal(syscall.SIGTERM) // it may have ended already
	timer := time.NewTimer(kwokGrace)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		process.Kill()
		<-ended
		return fmt.Errorf("kwok did not end within %s and was killed", kwokGrace)
	}
}

func (s *stage) makeNode(ctx context.Context, name string) error {
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("1000"), corev1.ResourceMemory: resource.MustParse("4Ti"), corev1.ResourcePods: resource.MustParse("10000"),
	}
	_, err := s.client.CoreV1().Nodes().Create(ctx, &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{kwokMark: "fake"}, Labels: map[string]string{kwokMark: "fake", corev1.LabelHostname: name}},
		Spec:       corev1.NodeSpec{Taints: []corev1.Taint{{Key: kwokMark, Value: "fake", Effect: corev1.TaintEffectNoSchedule}}},
		Status:     corev1.NodeStatus{Capacity: room, Allocatable: room},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating node %s: %w", name, err)
	}
	s.later(func(ctx context.Context) error {
		err := s.client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{})
		return ignoreNotFound(err)
	})
	return nil
}

func (s *stage) readyNodes(ctx context.Context) (int, error) {
	nodes, err := s.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: kwokMark + "=fake"})
	if err != nil {
		return 0, err
	}
	ready := 0
	for _, node := range nodes.Items {
		for _, c := range node.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
				ready++
			}
		}
	}
	return ready, nil
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
