// SPDX-License-Identifier: Apache-2.0

package test

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// What a container may have beyond least privilege, and why. An exception that
// nothing uses fails the test.
var confinementExceptions = map[string]string{
	"ingress/nginx-gateway-fabric/nginx: adds NET_BIND_SERVICE": "NGINX listens on port 80 as a user without privileges",
	"ingress/nginx-gateway-fabric/nginx: may gain privileges":   "its program has that capability on its file, which is effective only if privileges may be gained",
	"ingress/nginx-gateway-fabric/nginx-gateway: adds KILL":     "the control process signals NGINX, which runs as another user",
	"ingress/nginx-gateway-fabric/init: adds KILL":              "the same program, with the capability on its file, prepares the pod",
	"ingress/nginx-gateway-fabric/init: may gain privileges":    "the chart does not forbid it",
}

func TestContainersAreConfined(t *testing.T) {
	s := suite.Start(t, 3*budget.Answer)
	suite.NeedBundled(t)
	unused := map[string]bool{}
	for exception := range confinementExceptions {
		unused[exception] = true
	}
	seen := 0
	for _, level := range levels {
		pods, err := s.Client.CoreV1().Pods(level.namespace).List(s.Ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range pods.Items {
			containers := append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...)
			for _, container := range containers {
				seen++
				for _, excess := range excesses(pod.Spec, container) {
					name := fmt.Sprintf("%s/%s/%s: %s", level.namespace, pod.Labels["app.kubernetes.io/name"], container.Name, excess)
					if _, known := confinementExceptions[name]; !known {
						t.Errorf("pod %s: %s", pod.Name, name)
					}
					delete(unused, name)
				}
			}
		}
	}
	for exception := range unused {
		t.Errorf("the exception %q is not needed: remove it", exception)
	}
	if seen == 0 {
		t.Error("no container runs")
	}
}

// excesses returns what a container has beyond least privilege.
func excesses(pod corev1.PodSpec, container corev1.Container) []string {
	own, shared := container.SecurityContext, pod.SecurityContext
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	if shared == nil {
		shared = &corev1.PodSecurityContext{}
	}
	var found []string
	check := func(excess bool, what string) {
		if excess {
			found = append(found, what)
		}
	}
	nonRoot, user, seccomp := shared.RunAsNonRoot, shared.RunAsUser, shared.SeccompProfile
	if own.RunAsNonRoot != nil {
		nonRoot = own.RunAsNonRoot
	}
	if own.RunAsUser != nil {
		user = own.RunAsUser
	}
	if own.SeccompProfile != nil {
		seccomp = own.SeccompProfile
	}
	check(nonRoot == nil || !*nonRoot, "may run as root")
	check(user != nil && *user == 0, "runs as root")
	check(seccomp == nil || seccomp.Type == corev1.SeccompProfileTypeUnconfined, "has no seccomp profile")
	check(own.Privileged != nil && *own.Privileged, "is privileged")
	check(own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation, "may gain privileges")
	check(own.ReadOnlyRootFilesystem == nil || !*own.ReadOnlyRootFilesystem, "may write to its root file system")
	dropsAll := false
	if own.Capabilities != nil {
		for _, dropped := range own.Capabilities.Drop {
			dropsAll = dropsAll || dropped == "ALL"
		}
		for _, added := range own.Capabilities.Add {
			check(true, "adds "+string(added))
		}
	}
	check(!dropsAll, "keeps capabilities")
	check(pod.HostNetwork || pod.HostPID || pod.HostIPC, "shares the node's namespaces")
	for _, volume := range pod.Volumes {
		check(volume.HostPath != nil, "reads the node's files")
	}
	for _, port := range container.Ports {
		check(port.HostPort != 0, "has a port of the node")
	}
	return found
}
