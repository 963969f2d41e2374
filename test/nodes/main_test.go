// SPDX-License-Identifier: Apache-2.0

// Package nodes tests what a cluster of three nodes survives when one of them fails:
// `make test-nodes` brings it up, with two of everything (ha = true).
package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

func TestMain(m *testing.M) { os.Exit(suite.Main(m)) }

// light is how many requests a second enter by each of two nodes, in addition to
// those that want the replicas: more than 200 in all.
const light = 90

// scenario is a fault on a cluster of several nodes.
type scenario struct {
	*fault.Fault
	workers []string
}

// start spreads the parts that run twice over the workers, and starts load that
// enters by nodes other than the spared one. The limit is how long the scenario takes
// after that.
func start(t *testing.T, description string, limit time.Duration, spared string) *scenario {
	t.Helper()
	nodes := suite.Shared.Env.Nodes
	if !testing.Short() && len(nodes) < 3 {
		t.Fatalf("the cluster has %d nodes, want three: run make test-nodes", len(nodes))
	}
	spread(t, nodes[min(1, len(nodes)):])
	return startAsItIs(t, description, limit, spared)
}

// startAsItIs is start, but leaves the pods where they are.
func startAsItIs(t *testing.T, description string, limit time.Duration, spared string) *scenario {
	t.Helper()
	nodes := suite.Shared.Env.Nodes
	var by []string
	for i, name := range nodes {
		if name != spared && len(by) < 2 {
			by = append(by, suite.Shared.Env.HTTPURLs[i])
		}
	}
	return &scenario{fault.StartBy(t, description, limit, by, light), nodes[1:]}
}

// worker returns the name of one of the workers.
func worker(t *testing.T, i int) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a cluster of three nodes: make test-nodes")
	}
	if nodes := suite.Shared.Env.Nodes; i+1 < len(nodes) {
		return nodes[i+1]
	}
	t.Fatalf("the cluster has %d nodes, want three: run make test-nodes", len(suite.Shared.Env.Nodes))
	return ""
}

// spread makes sure that each worker has one pod of the parts that run twice. Pods
// that have left a node do not come back by themselves.
func spread(t *testing.T, workers []string) {
	t.Helper()
	s := suite.Start(t, 3*budget.PodReplace+suite.Shared.Budget.AppRollout()+budget.NodeStart)
	s.Until(budget.NodeStart, "for all nodes to be Ready", func(ctx context.Context) error { return ready(ctx, s) })
	for namespace, deployments := range map[string][]string{
		s.Places.Ingress: {s.Places.IngressDeployment}, s.Places.Monitoring: {s.Places.Adapter}, suite.AppNamespace: {suite.AppName},
	} {
		for _, name := range deployments {
			if on := nodesOf(t, s, namespace, name); len(on) >= min(2, len(workers)) {
				continue
			}
			patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, time.Now().Format(time.RFC3339))
			if _, err := s.Client.AppsV1().Deployments(namespace).Patch(s.Ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
				t.Fatal(err)
			}
			s.Until(budget.PodReplace+suite.Shared.Budget.AppRollout(), "for "+name+" to be on two workers", func(context.Context) error {
				if on := nodesOf(t, s, namespace, name); len(on) < min(2, len(workers)) {
					return fmt.Errorf("it is on %v", on)
				}
				return nil
			})
		}
	}
	fault.AwaitWholeWindows(s, 2)
}

// gather puts both NGINX on one worker. The other workers are cordoned until open is
// called, or the test ends.
func gather(t *testing.T, on string) (open func(context.Context) error) {
	t.Helper()
	s := suite.Start(t, budget.NodeStart+suite.Shared.Budget.IngressRollout())
	s.Until(budget.NodeStart, "for all nodes to be Ready", func(ctx context.Context) error { return ready(ctx, s) })
	others := slices.DeleteFunc(slices.Clone(suite.Shared.Env.Nodes[1:]), func(name string) bool { return name == on })
	open = func(ctx context.Context) error { return kubectl(ctx, append([]string{"uncordon"}, others...)...) }
	t.Cleanup(func() {
		if err := open(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := kubectl(s.Ctx, append([]string{"cordon"}, others...)...); err != nil {
		t.Fatal(err)
	}
	s.Restart(s.Places.Ingress, s.Places.IngressDeployment, suite.Shared.Budget.IngressRollout())
	if nodes := nodesOf(t, s, s.Places.Ingress, s.Places.IngressDeployment); !slices.Equal(nodes, []string{on}) {
		t.Fatalf("NGINX is on %q, want both on %s", nodes, on)
	}
	return open
}

// nodesOf returns the nodes on which pods of a Deployment are ready.
func nodesOf(t *testing.T, s *suite.Suite, namespace, deployment string) []string {
	t.Helper()
	pods, err := s.Client.CoreV1().Pods(namespace).List(s.Ctx, metav1.ListOptions{LabelSelector: s.Selector(namespace, deployment)})
	if err != nil {
		t.Fatal(err)
	}
	var on []string
	for _, pod := range pods.Items {
		serves := slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		})
		if serves && pod.DeletionTimestamp == nil && !slices.Contains(on, pod.Spec.NodeName) {
			on = append(on, pod.Spec.NodeName)
		}
	}
	return on
}

func ready(ctx context.Context, s *suite.Suite) error {
	nodes, err := s.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, n := range nodes.Items {
		if n.Spec.Unschedulable {
			return fmt.Errorf("%s is cordoned", n.Name)
		}
		for _, c := range n.Status.Conditions {
			if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
				return fmt.Errorf("%s is not Ready: %s", n.Name, c.Message)
			}
		}
	}
	return nil
}

// machine is the container of a node.
func (s *scenario) machine(name string) node.Node {
	return node.Node{Engine: s.Machine.Engine, Name: name}
}

// drain drains a worker as an administrator does. It is uncordoned when the test
// ends.
func (s *scenario) drain(name string) func(context.Context) error {
	s.RestoreAlways(func(ctx context.Context) error { return kubectl(ctx, "uncordon", name) })
	return func(ctx context.Context) error {
		return kubectl(ctx, "drain", name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout="+budget.Drain.String())
	}
}

// startAlways starts the nodes that a scenario stops when the test ends, even if it
// fails. A node that runs is left alone.
func (s *scenario) startAlways(names ...string) {
	s.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.NodeStop)
		defer cancel()
		for _, name := range names {
			if err := s.machine(name).Start(ctx); err != nil {
				s.T.Errorf("starting %s: %v", name, err)
			}
		}
	})
}

// awaitReady waits until all nodes are Ready.
func (s *scenario) awaitReady(limit time.Duration) {
	s.T.Helper()
	s.Until(limit, "for all nodes to be Ready", func(ctx context.Context) error { return ready(ctx, s.Suite) })
}

// awaitElsewhere waits until every replica on a node is gone or terminating.
func (s *scenario) awaitElsewhere(name string, limit time.Duration) {
	s.T.Helper()
	s.Until(limit, "for the replicas to run elsewhere", func(ctx context.Context) error {
		pods, err := s.Client.CoreV1().Pods(suite.AppNamespace).List(ctx, metav1.ListOptions{LabelSelector: s.Selector(suite.AppNamespace, suite.AppName)})
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.Spec.NodeName == name && pod.DeletionTimestamp == nil {
				return fmt.Errorf("%s is on %s", pod.Name, name)
			}
		}
		return nil
	})
}

func kubectl(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "kubectl", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// belief is how long the cluster takes a dead node for alive, by its settings.
type belief struct {
	ready   time.Duration // from its death until its pods no longer get requests
	evicted time.Duration // from its death until its pods are replaced
}

// believed reads the controller manager's flags and how long the application's
// pods tolerate a node that cannot be reached.
func (s *scenario) believed() belief {
	s.T.Helper()
	grace, period := 50*time.Second, 5*time.Second // Kubernetes' defaults
	for _, argument := range s.Pods(suite.SystemNamespace, "component=kube-controller-manager")[0].Spec.Containers[0].Command {
		for flag, into := range map[string]*time.Duration{"--node-monitor-grace-period=": &grace, "--node-monitor-period=": &period} {
			text, found := strings.CutPrefix(argument, flag)
			if !found {
				continue
			}
			d, err := time.ParseDuration(text)
			if err != nil {
				s.T.Fatalf("%s: %v", argument, err)
			}
			*into = d
		}
	}
	b := belief{ready: grace + 2*period}
	b.evicted = b.ready
	for _, toleration := range s.Pods(suite.AppNamespace, s.Selector(suite.AppNamespace, suite.AppName))[0].Spec.Tolerations {
		if toleration.Key == corev1.TaintNodeUnreachable && toleration.TolerationSeconds != nil {
			b.evicted += time.Duration(*toleration.TolerationSeconds) * time.Second
		}
	}
	return b
}

// forgetConnections deletes what nodes still translate to pods of a node that died,
// for up to five minutes. The load comes from one address: a later connection from
// the port of such an old one would wait for an answer in vain.
func (s *scenario) forgetConnections(dead []corev1.Pod) {
	s.T.Helper()
	for _, name := range suite.Shared.Env.Nodes {
		for _, pod := range dead {
			// It exits with 1 if there is none.
			if _, err := s.machine(name).Exec(s.Ctx, "sh", "-c", "conntrack --delete --proto tcp --reply-src "+pod.Status.PodIP+" || [ $? = 1 ]"); err != nil {
				s.T.Error(err)
			}
		}
	}
}

// address returns a node's address inside the cluster, and the range of its pods.
func (s *scenario) address(name string) (ip, pods string) {
	s.T.Helper()
	n, err := s.Client.CoreV1().Nodes().Get(s.Ctx, name, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return a.Address, n.Spec.PodCIDR
		}
	}
	text, _ := json.Marshal(n.Status.Addresses)
	s.T.Fatalf("node %s has no internal address: %s", name, text)
	return "", ""
}
