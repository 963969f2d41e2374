// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
)

// notOurs unsets variables of the environment that belong to its own Terraform state.
var notOurs = []string{"TF_DATA_DIR=", "TF_CLI_ARGS_init="}

// installRules gives the adapter its rules, with the project's own provider.
func (s *stage) installRules(ctx context.Context, _ string) error {
	// Not with the other files of this run: after a crash the next run finds here what it has to undo.
	s.rules = filepath.Join(s.env.LogDir, "bench-scale")
	text, err := files.ReadFile("rules/main.tf")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.rules, 0o700); err != nil {
		return fmt.Errorf("making a folder for the rules: %w", err)
	}
	if err := os.WriteFile(filepath.Join(s.rules, "main.tf"), text, 0o600); err != nil {
		return fmt.Errorf("writing the rules: %w", err)
	}
	if err := s.expose(ctx, 1, 1); err != nil { // a rule is awaited until its metric is listed
		return err
	}
	if err := s.terraform(ctx, "init"); err != nil {
		return err
	}
	s.later(func(ctx context.Context) error {
		return s.terraform(ctx, "destroy", "-auto-approve", "-var", "rules=[]")
	})
	return s.setRules(ctx, ways...)
}

// keepAdapter restores the adapter when the benchmark ends.
func (s *stage) keepAdapter(ctx context.Context, _ string) error {
	deployment, err := s.client.AppsV1().Deployments(monitoring).Get(ctx, adapterDeployment, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("looking for the adapter: %w", err)
	}
	memory := deployment.Spec.Template.Spec.Containers[0].Resources.Limits.Memory().String()
	s.later(func(ctx context.Context) error {
		return errors.Join(s.applyEnvironment(ctx), s.limitAdapter(ctx, memory))
	})
	return nil
}

// deploy switches the environment to one of the programs, with a memory limit that shows how much it
// needs: with the default one the kernel kills prometheus-adapter at some number of pods.
func (s *stage) deploy(ctx context.Context, program string) error {
	s.say("%s", program)
	if err := s.applyEnvironment(ctx, "TF_VAR_adapter_program="+program); err != nil {
		return err
	}
	if err := s.limitAdapter(ctx, adapterLimit); err != nil {
		return err
	}
	return s.openAdapter(ctx)
}

// applyEnvironment applies the environment's own Terraform configuration.
func (s *stage) applyEnvironment(ctx context.Context, variables ...string) error {
	_, err := s.output(ctx, variables, "terraform", "-chdir="+s.env.TerraformDir, "apply", "-auto-approve", "-no-color", "-input=false")
	return err
}

func (s *stage) limitAdapter(ctx context.Context, memory string) error {
	if _, err := s.output(ctx, nil, "kubectl", "--namespace", monitoring, "set", "resources", "deployment/"+adapterDeployment, "--limits=memory="+memory); err != nil {
		return fmt.Errorf("setting the adapter's memory limit: %w", err)
	}
	return s.adapterRolled(ctx)
}

// adapterRolled waits until the current rollout is complete.
func (s *stage) adapterRolled(ctx context.Context) error {
	if _, err := s.output(ctx, nil, "kubectl", "--namespace", monitoring, "rollout", "status", "deployment/"+adapterDeployment, "--timeout=2m"); err != nil {
		return fmt.Errorf("waiting for the adapter's rollout: %w", err)
	}
	return nil
}

// setRules leaves the adapter only these rules, and waits until only a pod that knows them is left.
func (s *stage) setRules(ctx context.Context, which ...string) error {
	list, err := json.Marshal(which)
	if err != nil {
		return err
	}
	if err := s.terraform(ctx, "apply", "-auto-approve", "-var", "rules="+string(list)); err != nil {
		return err
	}
	return s.openAdapter(ctx)
}

func (s *stage) terraform(ctx context.Context, command string, args ...string) error {
	series, err := json.Marshal(map[string]string{raw: fleet.Counter, recorded: recordedSeries, workload: fleet.Counter})
	if err != nil {
		return err
	}
	metrics, err := json.Marshal(metricNames)
	if err != nil {
		return err
	}
	environ := append(notOurs, "TF_VAR_series="+string(series), "TF_VAR_metrics="+string(metrics), "TF_VAR_window="+rateWindow)
	if _, err := s.output(ctx, environ, "terraform", append([]string{"-chdir=" + s.rules, command, "-no-color", "-input=false"}, args...)...); err != nil {
		return fmt.Errorf("the adapter's rules: %w", err)
	}
	return nil
}

// adapterPod returns the adapter's only pod.
func (s *stage) adapterPod(ctx context.Context) (*corev1.Pod, error) {
	pods, err := s.client.CoreV1().Pods(monitoring).List(ctx, metav1.ListOptions{LabelSelector: adapterLabel})
	if err != nil {
		return nil, fmt.Errorf("looking for the adapter: %w", err)
	}
	if len(pods.Items) != 1 {
		return nil, fmt.Errorf("there are %d pods of the adapter, want 1", len(pods.Items))
	}
	return &pods.Items[0], nil
}

// openAdapter waits until the rollout is complete, and forwards to the pod that is left.
func (s *stage) openAdapter(ctx context.Context) error {
	if old := s.forwards[adapter]; old != nil {
		old.stop()
		delete(s.forwards, adapter)
	}
	if err := s.adapterRolled(ctx); err != nil {
		return err
	}
	var pod *corev1.Pod
	if err := s.poll(ctx, 2*time.Minute, "one adapter to be left", func(ctx context.Context) (_ string, _ bool, err error) {
		if pod, err = s.adapterPod(ctx); err != nil {
			return "", false, err
		}
		ready := len(pod.Status.ContainerStatuses) == 1 && pod.Status.ContainerStatuses[0].Ready && pod.DeletionTimestamp == nil
		return pod.Name, ready, nil
	}); err != nil {
		return err
	}
	return s.open(ctx, adapter, monitoring, pod.Name, 6443)
}

// openController forwards to the controller manager.
func (s *stage) openController(ctx context.Context, _ string) error {
	return s.open(ctx, controller, "kube-system", "kube-controller-manager-"+s.node, 10257)
}

func (s *stage) open(ctx context.Context, component, namespace, pod string, port int) error {
	f, err := openForward(ctx, s.config, namespace, pod, port)
	if err != nil {
		return err
	}
	s.forwards[component] = f
	s.later(func(context.Context) error { f.stop(); return nil })
	return nil
}

// restarts returns how often the adapter's container was restarted.
func (s *stage) restarts(ctx context.Context) (int, error) {
	pod, err := s.adapterPod(ctx)
	if err != nil {
		return 0, err
	}
	if len(pod.Status.ContainerStatuses) == 0 {
		return 0, errors.New("the adapter has no container")
	}
	return int(pod.Status.ContainerStatuses[0].RestartCount), nil
}
