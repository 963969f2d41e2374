// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// adapter is what answers a metrics API, found by its APIService.
type adapter struct {
	problem    string // of the APIService
	err        error  // why the APIService could not be read
	deployment types.NamespacedName
	prometheus string // URL that it queries
	rules      configmap.Target
	noRules    string // why it is not known where they are
}

func (l *look) adapterOf(ctx context.Context, api metricsapi.API) *adapter {
	if a, ok := l.adapters[api]; ok {
		return a
	}
	a := &adapter{}
	l.adapters[api] = a
	var service types.NamespacedName
	service, a.problem, a.err = l.cluster.Metrics.Registration(ctx, api)
	if err := a.find(ctx, l, service); err != nil {
		a.noRules = err.Error()
	}
	return a
}

// find follows the Service to a Deployment, whose arguments tell the rest. They are the same for both adapters except for --config-map,
// which only this project's has.
func (a *adapter) find(ctx context.Context, l *look, service types.NamespacedName) error {
	if service.Name == "" {
		return errors.New("no Service answers the metrics API, so it is not known which adapter has the rules")
	}
	svc, err := l.Kube.CoreV1().Services(service.Namespace).Get(ctx, service.Name, metav1.GetOptions{})
	if err != nil {
		return connection.Explain(err, "get", "services", service.Namespace, service.Name)
	}
	deployments, err := l.Kube.AppsV1().Deployments(service.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return connection.Explain(err, "list", "deployments", service.Namespace, "")
	}
	for _, d := range deployments.Items {
		if len(svc.Spec.Selector) == 0 || !labels.SelectorFromSet(svc.Spec.Selector).Matches(labels.Set(d.Spec.Template.Labels)) {
			continue
		}
		a.deployment = types.NamespacedName{Namespace: d.Namespace, Name: d.Name}
		for _, c := range d.Spec.Template.Spec.Containers {
			flags := flagsOf(c)
			a.prometheus, _, _ = strings.Cut(flags["prometheus-url"], ",")
			if parts := strings.Split(flags["config-map"], "/"); len(parts) == 3 {
				a.rules = configmap.Target{Namespace: parts[0], ConfigMap: parts[1], Key: parts[2]}
				return nil
			}
			if file := flags["config"]; file != "" {
				a.rules, err = mountedFrom(d, c, file)
				return err
			}
		}
		return fmt.Errorf("deployment %s has no argument --config or --config-map: it is neither prometheus-adapter nor this project's adapter, so its rules are not known", a.deployment)
	}
	return fmt.Errorf("the selector of Service %s, which answers the metrics API, selects no Deployment", service)
}

// flagsOf returns the arguments of a container, each with its first value.
func flagsOf(c corev1.Container) map[string]string {
	flags := map[string]string{}
	args := slices.Concat(c.Command, c.Args)
	for i, arg := range args {
		name, value, found := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if !strings.HasPrefix(arg, "-") || flags[name] != "" {
			continue
		}
		if !found && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		flags[name] = value
	}
	return flags
}

// mountedFrom returns the key of a config map that a file of a container comes from.
func mountedFrom(d appsv1.Deployment, c corev1.Container, file string) (configmap.Target, error) {
	for _, mount := range c.VolumeMounts {
		for _, volume := range d.Spec.Template.Spec.Volumes {
			if volume.Name == mount.Name && volume.ConfigMap != nil && path.Clean(mount.MountPath) == path.Dir(file) {
				return configmap.Target{Namespace: d.Namespace, ConfigMap: volume.ConfigMap.Name, Key: path.Base(file)}, nil
			}
		}
	}
	return configmap.Target{}, fmt.Errorf("the file %s of deployment %s/%s is not a key of a config map that is mounted", file, d.Namespace, d.Name)
}

// lookAtRule finds the rule that makes the metric, and whether the adapter has loaded it.
func (l *look) lookAtRule(ctx context.Context, m *metric, a *adapter) Link {
	m.noRule = "which series the metric is made of is not known without its rule"
	if a.err != nil {
		return notLookedAt("%v", a.err)
	}
	if a.noRules != "" {
		return notLookedAt("%s", a.noRules)
	}
	snapshot, err := l.cluster.ConfigMaps.Read(ctx, a.rules)
	show := fmt.Sprintf("kubectl -n %s get configmap %s -o yaml", a.rules.Namespace, a.rules.ConfigMap)
	if errors.Is(err, configmap.ErrNotFound) {
		return missing(fmt.Sprintf("there is no config map %s/%s", a.rules.Namespace, a.rules.ConfigMap), "The adapter has no rules: its config map is gone.", "terraform apply")
	}
	if err != nil {
		return notLookedAt("%v", err)
	}
	file, err := rulefile.Parse(snapshot.Text)
	if err != nil {
		return missing(fmt.Sprintf("%s: %v", a.rules, err), "The adapter cannot load its rules.", show)
	}
	var names, patterns []string
	var unknown, unread error
	for _, listed := range file.List() {
		if listed.Err != nil && unread == nil {
			unread = fmt.Errorf("the rule on line %d cannot be loaded: %w", listed.Line, listed.Err)
		}
		if listed.Kind != m.kind || listed.Err != nil {
			continue
		}
		found, err := l.seriesOf(ctx, listed.Rule)
		if err != nil {
			unknown = fmt.Errorf("which series the rule on line %d selects is not known: %w", listed.Line, err)
		}
		if len(found) == 0 {
			patterns = append(patterns, strconv.Itoa(listed.Line))
		}
		for _, series := range found {
			name, named := rule.MetricOf(series, listed.Rule)
			if name == m.name { // the adapter takes the last of several
				m.rule, m.series, m.noRule = &listed, series, ""
			}
			if named && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	refused, notKnown := l.notLoaded(ctx, a, snapshot)
	if refused == "" && m.rule == nil && unread != nil { // an adapter without Leases does not say so itself
		refused = fmt.Sprintf("%s: %v", a.rules, unread)
	}
	if refused != "" {
		return missing(refused, "The adapter does not serve what the config map holds: it goes on with its previous rules, or does not start.",
			fmt.Sprintf("kubectl -n %s logs deployment/%s\n%s", a.deployment.Namespace, a.deployment.Name, show))
	}
	if m.rule == nil && unknown != nil {
		return notLookedAt("no other rule makes the metric %s, and %v", m.name, unknown)
	}
	if m.rule == nil && len(patterns) > 0 && len(metricsapi.Nearest(m.name, names)) == 0 {
		return notLookedAt("no series that Prometheus has now makes the metric %s in %s; the rules on lines %s select no series", m.name, a.rules, listOf(patterns))
	}
	if m.rule == nil {
		seen := fmt.Sprintf("no rule in %s makes the metric %s; they make %s", a.rules, m.name, listOf(names))
		means, do := "The autoscaler asks for a metric that the adapter has no rule for. Add the rule, or have the autoscaler read another metric.", show
		if near := metricsapi.Nearest(m.name, names); len(near) > 0 {
			means = fmt.Sprintf("Is %s meant? The names of the rule (name.as) and of the autoscaler (metric.name) must be the same, letter for letter.", strings.Join(near, " or "))
			do += fmt.Sprintf("\nkubectl -n %s edit hpa %s", l.Namespace, l.Autoscaler)
		}
		return missing(seen, means, do)
	}
	seen := fmt.Sprintf("line %d of %s makes %s from %s", m.rule.Line, a.rules, m.name, m.series)
	if notKnown != nil {
		seen += fmt.Sprintf("; whether the adapter has loaded it is not known: %v", notKnown)
	}
	return ok("%s", seen)
}

// seriesOf returns the names of series that a rule selects. It queries Prometheus if the rule has a pattern.
func (l *look) seriesOf(ctx context.Context, r rule.Rule) ([]string, error) {
	if name, ok := rule.Series(r.SeriesQuery); ok {
		return []string{name}, nil
	}
	if l.prom == nil {
		return nil, errors.New("no Prometheus could be asked")
	}
	return l.prom.names(ctx, r.SeriesQuery)
}

// notLoaded says why the adapter does not serve what the config map holds, or why that is not known. It cannot tell for an adapter
// without Leases that was not rolled by the provider.
func (l *look) notLoaded(ctx context.Context, a *adapter, snapshot configmap.Snapshot) (refused string, unknown error) {
	replicas, denied, err := l.cluster.Reloads.Replicas(ctx, a.deployment, 0)
	if err := cmp.Or(denied, err); err != nil {
		return "", err
	}
	for _, r := range replicas {
		if digest := reload.Digest(snapshot.Text); r.Refused == digest && r.Serves != digest {
			return fmt.Sprintf("pod %s of the adapter refuses the rules: %s", r.Pod, r.Because), nil
		}
	}
	if len(replicas) > 0 {
		return reload.Behind(replicas, reload.Digest(snapshot.Text), len(replicas)), nil
	}
	rolled, err := l.cluster.Rollouts.Revision(ctx, a.deployment)
	if err == nil && rolled != "" && snapshot.Revision != "" && rolled != snapshot.Revision {
		refused = fmt.Sprintf("deployment %s has not been rolled since its rules changed", a.deployment)
	}
	return refused, err
}

// lookAtAPI checks whether the API server can reach an adapter.
func (l *look) lookAtAPI(ctx context.Context, m *metric, a *adapter) Link {
	if a.err != nil {
		return notLookedAt("%v", a.err)
	}
	if a.problem == "" {
		return ok("%s is available, served by %s", m.api.Service(), a.deployment)
	}
	seen, do := a.problem, "kubectl get apiservice "+m.api.Service()
	if a.deployment.Name != "" {
		problem, _, err := l.cluster.Rollouts.Status(ctx, a.deployment, 0)
		if err == nil && problem != "" {
			seen += "\n" + problem
		}
		do += fmt.Sprintf("\nkubectl -n %[1]s get deployment,pods,endpointslices\nkubectl -n %[1]s describe deployment %[2]s\nkubectl -n %[1]s logs deployment/%[2]s", a.deployment.Namespace, a.deployment.Name)
	}
	return missing(seen, "The API server cannot reach an adapter, so no autoscaler that reads "+string(m.api)+" has a value. Replicas stay as they are meanwhile.", do)
}

// lookAtValues reads the values as the autoscaler does.
func (l *look) lookAtValues(ctx context.Context, m *metric, api Link) Link {
	if api.State == Missing {
		return notLookedAt("%s does not answer", m.api)
	}
	if m.ofPods() && len(l.pods) == 0 {
		return notLookedAt("%s", l.noPods)
	}
	q := metricsapi.Query{API: m.api, Metric: m.name, Namespace: l.Namespace, MetricSelector: m.selector.String()}
	if m.kind == rule.KindCustom {
		q.Resource, q.Name = m.resource.Resource, m.object
		if m.resource.Group != "" {
			q.Resource += "." + m.resource.Group
		}
	}
	if q.Resource == "namespaces" {
		q.Namespace = ""
	}
	if m.ofPods() && l.scale != nil {
		q.Selector = l.scale.Status.Selector
	}
	values, err := l.cluster.Metrics.Values(ctx, q)
	means := "The adapter answers, but has no value for the autoscaler. If no link before this one is missing, it has not seen the series yet: it lists series every --metrics-relist-interval."
	do := fmt.Sprintf("kubectl get --raw '%s'", q.Path())
	if a := l.adapters[m.api]; a.deployment.Name != "" {
		do += fmt.Sprintf("\nkubectl -n %s logs deployment/%s", a.deployment.Namespace, a.deployment.Name)
	}
	switch {
	case err != nil && !errors.Is(err, metricsapi.ErrNotServed) && !apierrors.IsInternalError(err):
		return notLookedAt("%v", err)
	case err != nil:
		return missing(err.Error(), means, do)
	case len(values) == 0:
		return missing("no value", means, do)
	}
	sum := 0.0
	for _, v := range values {
		sum += v.Value.AsApproximateFloat64()
	}
	if m.ofPods() {
		return ok("values of %d of %d pods, %.4g on average", len(values), len(l.pods), sum/float64(len(values)))
	}
	return ok("%d values, %.4g in total", len(values), sum)
}
