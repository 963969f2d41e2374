// SPDX-License-Identifier: Apache-2.0

package nodes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// A worker dies with all that runs on it. Until the cluster gives it up, some requests
// are sent there; then the others serve all of them, and the replicas that were there
// are replaced. Nothing is scaled down for lack of data.
func TestWorkerKilled(t *testing.T) {
	victim := worker(t, 0)
	b := suite.Shared.Budget
	// The cluster's settings are known only once it is up: the limit uses Kubernetes'
	// defaults.
	recovery := 6*time.Minute + budget.PodReplace + b.BackInRate()
	s := start(t, "a worker killed", recovery+budget.NodeStart+b.BackInRate(), victim)
	believed := s.believed()
	s.startAlways(victim)
	dead := slices.DeleteFunc(ingress(s), func(p corev1.Pod) bool { return p.Spec.NodeName != victim })
	s.Strike(victim+" is killed", s.machine(victim).Crash)
	s.awaitElsewhere(victim, believed.evicted+b.PodStop)
	s.AwaitRecovery(s.Record.Began, believed.evicted+budget.PodReplace+b.BackInRate())
	s.End(s.machine(victim).Start)
	s.awaitReady(budget.NodeStart)
	s.Finish(fault.Permitted{
		What: fmt.Sprintf("what was in flight there, and what was sent there for %s", believed.ready), Within: believed.ready + budget.Answer,
	})
	s.forgetConnections(dead)
}

// One of two adapters dies, and then the other one: the API server keeps its
// connection to one of them.
func TestOneAdapterKilled(t *testing.T) {
	oneOfTwo(t, "an adapter", fault.NoneLost, func(s *scenario) []corev1.Pod { return s.Pods(s.Places.Monitoring, s.AdapterPods()) })
}

// One of two Prometheus dies, and then the other one: the adapter asks both, and
// takes the one whose samples reach back far enough.
func TestOnePrometheusKilled(t *testing.T) {
	oneOfTwo(t, "a Prometheus", fault.NoneLost, prometheus)
}

// One of two NGINX dies, and then the other one.
func TestOneNGINXKilled(t *testing.T) {
	oneOfTwo(t, "an NGINX", fault.Permitted{What: "what was sent to it until its endpoint was gone", Within: budget.EndpointGone}, ingress)
}

func ingress(s *scenario) []corev1.Pod {
	return s.Pods(s.Places.Ingress, s.Selector(s.Places.Ingress, s.Places.IngressDeployment))
}

func prometheus(s *scenario) []corev1.Pod { return s.Pods(s.Places.Monitoring, fault.PrometheusLabels) }

// oneOfTwo kills each of two pods, the second one after the first has been replaced.
func oneOfTwo(t *testing.T, what string, loss fault.Permitted, pods func(*scenario) []corev1.Pod) {
	for i := range 2 {
		worker(t, i)
		t.Run([]string{"first", "second"}[i], func(t *testing.T) {
			recovery := budget.PodReplace + suite.Shared.Budget.BackInRate()
			s := start(t, what+" of two killed, the "+[]string{"first", "second"}[i], 2*recovery, "")
			before := pods(s)
			if len(before) != 2 {
				t.Fatalf("there are %d pods, want two", len(before))
			}
			s.Strike(before[i].Name+" is killed and removed", func(ctx context.Context) error { return s.RemovePod(ctx, before[i]) })
			s.AwaitRecovery(s.Record.Began, recovery)
			s.Until(recovery, "for two of "+what, func(context.Context) error {
				return twoReady(pods(s))
			})
			s.RequireSighted()
			s.Finish(loss)
		})
	}
}

func twoReady(pods []corev1.Pod) error {
	n := 0
	for _, pod := range pods {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil {
				n++
			}
		}
	}
	if n != 2 {
		return fmt.Errorf("%d are ready", n)
	}
	return nil
}

// One of two Prometheus hangs: it accepts requests and does not answer them.
func TestOnePrometheusStopped(t *testing.T) {
	for i := range 2 {
		worker(t, i)
		t.Run([]string{"first", "second"}[i], func(t *testing.T) {
			b := suite.Shared.Budget
			s := start(t, "a Prometheus of two stopped (SIGSTOP), the "+[]string{"first", "second"}[i], b.Forgetful()+2*b.BackInRate(), "")
			victim := prometheus(s)[i]
			process, err := s.On(victim).Process(s.Ctx, fault.ContainerID(victim, "prometheus"))
			if err != nil {
				t.Fatal(err)
			}
			signal := func(name string) func(context.Context) error {
				return func(ctx context.Context) error {
					_, err := s.On(victim).Exec(ctx, "kill", "-"+name, strconv.Itoa(process))
					return err
				}
			}
			s.RestoreAlways(signal("CONT"))
			s.Strike(victim.Name+" is stopped", signal("STOP"))
			s.Hold(b.Forgetful())
			ended := s.End(s.Restore)
			s.AwaitRecovery(ended, b.BackInRate())
			s.RequireSighted()
			s.Finish(fault.NoneLost)
		})
	}
}

// Two workers cannot reach each other, but both reach the control plane. Each
// Prometheus sees half of the replicas, and each NGINX reaches half. Half of the load
// enters by the control plane's node, which reaches both NGINX; the other half by a
// worker, which sends some new connections to the NGINX that it cannot reach.
func TestWorkersCutOff(t *testing.T) {
	victim := worker(t, 0)
	b := suite.Shared.Budget
	const cut = 30 * time.Second
	recovery := b.BackInRate() + b.Stabilization + b.PodStop // the last two for a replica too many
	s := start(t, "the network between two workers cut", cut+recovery, worker(t, 1))
	ip, pods := s.address(s.workers[1])
	var insert, remove []string
	for _, address := range []string{ip, pods} {
		for _, rule := range []string{"PREROUTING --source " + address, "POSTROUTING --destination " + address} {
			insert = append(insert, "iptables --wait --table mangle --insert "+rule+" --jump DROP")
			remove = append(remove, "iptables --wait --table mangle --delete "+rule+" --jump DROP")
		}
	}
	run := func(lines []string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := s.machine(victim).Exec(ctx, "sh", "-c", strings.Join(lines, " && "))
			return err
		}
	}
	s.RestoreAlways(run(remove))
	s.Strike("nothing passes between "+strings.Join(s.workers, " and "), run(insert))
	struck := time.Since(s.Record.Began)
	s.Hold(cut)
	ended := s.End(s.Restore)
	s.AwaitRecovery(ended, recovery)
	s.RequireSighted()
	s.Finish(fault.Permitted{
		What: "what was in flight across, and by a worker also connections opened across", Within: struck + budget.InARow, By: suite.Shared.Env.HTTPURLs[1],
	})
}
