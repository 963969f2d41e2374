// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/settings"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/tf"
)

// environment is one run of one command.
type environment struct {
	settings.Settings
	environ  []string
	out      io.Writer // for results
	progress io.Writer // for progress and notices

	run    command.Runner // the project's own tools are first on its PATH
	supply *supply.Supply
	record cluster.Record
	source settings.Source // registry or build, once decided
	engine *engine.Engine

	terraform string // path of the installed terraform or tofu; empty without one
}

// shared returns a folder, next to the clusters' state folders, of what they share.
// No cluster's name begins with a dot.
func (e *environment) shared(name string) string {
	return filepath.Join(filepath.Dir(e.State), "."+name)
}

func (e *environment) bin() string  { return filepath.Join(e.State, "bin") }
func (e *environment) logs() string { return filepath.Join(e.shared("logs"), e.Cluster) }
func (e *environment) terraformDir() string {
	return filepath.Join(e.Root, "terraform", "environments", "kind")
}

// prepare sets up what every command needs.
func (e *environment) prepare(ctx context.Context, log io.Writer) (err error) {
	path, environ := e.personsOwn()
	own := command.Runner{Env: environ, Log: log, Dir: e.Root}.With("PATH=" + path)
	for _, name := range []string{"terraform", "tofu"} {
		if found, err := own.LookPath(name); err == nil && e.terraform == "" {
			e.terraform = found
		}
	}
	e.run = own.With("PATH=" + e.bin() + ":" + path)
	// Artefacts are made with the person's own tools, so without ours on PATH.
	if e.supply, err = supply.New(ctx, e.Root, e.Cache, own); err != nil {
		return err
	}
	if e.supply.Registry, err = e.registry(); err != nil {
		return err
	}
	e.record, err = cluster.ReadRecord(e.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// A cluster keeps its settings: what is not chosen comes from its record.
	node := &e.supply.Pins.NodeImage
	if node.Published, err = chosenKubernetes(e.Kubernetes, e.record, node.Published); err != nil {
		return err
	}
	if e.record.Nodes, err = chosenNodes(e.Nodes, e.record); err != nil {
		return err
	}
	if e.record.NodeFailure, err = chosenNodeFailure(e.NodeFailure, e.record); err != nil {
		return err
	}
	e.record.HTTPPort, err = chosenPort("HTTP_PORT", e.HTTPPort, e.record.HTTPPort, settings.DefaultHTTPPort)
	if err != nil {
		return err
	}
	e.record.PrometheusPort, err = chosenPort("PROMETHEUS_PORT", e.PrometheusPort, e.record.PrometheusPort, settings.DefaultPrometheusPort)
	if err != nil {
		return err
	}
	if err := settings.CheckPorts(e.record.HTTPPort, e.record.PrometheusPort, e.record.Nodes); err != nil {
		return err
	}
	e.record.Charts, err = chosenCharts(e.Charts, e.record)
	return err
}

// personsOwn returns the PATH and the environment without what make env added to
// them for any cluster.
func (e *environment) personsOwn() (path string, environ []string) {
	states := filepath.Dir(e.State) + string(filepath.Separator)
	for _, pair := range e.environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case name == "PATH":
			folders := slices.DeleteFunc(filepath.SplitList(value), func(folder string) bool { return strings.HasPrefix(folder, states) })
			path = strings.Join(folders, string(filepath.ListSeparator))
		case (name == "TF_CLI_CONFIG_FILE" || name == "CONTAINERS_CONF") && strings.HasPrefix(value, states):
		default:
			environ = append(environ, pair)
		}
	}
	return path, environ
}

// registry returns a client with the person's mirror, certificates and logins.
func (e *environment) registry() (*registry.Client, error) {
	o := registry.Options{
		CA: e.RegistryCA, Content: filepath.Join(e.Cache, "work", "pulled"),
		Say: func(format string, args ...any) { e.supply.Say(format, args...) },
	}
	if e.RegistryMirror == "" {
		return registry.New(o)
	}
	o.Hosts = filepath.Join(e.Cache, "work", "certs.d")
	client, err := registry.New(o)
	if err != nil {
		return nil, err
	}
	return client, client.WriteHosts(o.Hosts, e.RegistryMirror, false)
}

// kept returns the error of a setting that differs from what the cluster has. The setting
// may come from the exports of another cluster.
func kept(name string, wanted any, has string) error {
	return fmt.Errorf("%s=%v: this cluster %s, which cannot change while it exists: unset %s to keep that, or run make down first, or choose another CLUSTER", name, wanted, has, name)
}

// chosenCharts returns the cluster's set of charts, which cannot change: both sets
// have objects of the same names, and neither can take over what the other has
// installed.
func chosenCharts(wanted settings.Charts, record cluster.Record) (string, error) {
	existing := record.Charts
	if existing == "" && record.Source != "" {
		existing = string(settings.ChartsBundled)
	}
	switch {
	case existing == "" && wanted == "":
		return string(settings.ChartsBundled), nil
	case existing == "":
		return string(wanted), nil
	case wanted != "" && string(wanted) != existing:
		return "", kept("CHARTS", wanted, "has the "+existing+" charts")
	}
	return existing, nil
}

// chosenKubernetes returns the tag of the node image to pull. A cluster keeps the
// node image that it was made from.
func chosenKubernetes(wanted string, record cluster.Record, pinned string) (string, error) {
	existing := ""
	if record.Source == string(settings.SourceRegistry) {
		_, existing, _ = strings.Cut(path.Base(record.NodeImage), ":")
	}
	switch {
	case wanted != "" && record.Source != "" && existing != "v"+wanted:
		return "", kept("KUBERNETES", wanted, "was made from "+record.NodeImage)
	case wanted != "":
		return "v" + wanted, nil
	case existing != "":
		return existing, nil
	}
	return pinned, nil
}

// chosenNodes returns the number of nodes. kind cannot add one to a cluster.
func chosenNodes(wanted int, record cluster.Record) (int, error) {
	switch existing := record.NodeCount(); {
	case record.Source == "":
		return max(wanted, settings.DefaultNodes), nil
	case wanted != 0 && wanted != existing:
		return 0, kept("NODES", wanted, fmt.Sprint("has ", existing))
	default:
		return existing, nil
	}
}

// chosenNodeFailure returns the setting that the control plane starts with, which a
// cluster keeps. The record must already have the number of nodes.
func chosenNodeFailure(wanted settings.NodeFailure, record cluster.Record) (string, error) {
	switch existing := settings.NodeFailure(record.NodeFailure); {
	case record.NodeCount() == 1 && wanted != "":
		return "", fmt.Errorf("NODE_FAILURE=%s: this cluster has one node, so no other could replace it: leave it unset, or choose NODES=2 or more", wanted)
	case record.Source != "" && wanted != "" && wanted != existing:
		return "", kept("NODE_FAILURE", wanted, "was made with "+string(existing))
	case record.Source != "" || record.NodeCount() == 1:
		return record.NodeFailure, nil
	case wanted != "":
		return string(wanted), nil
	default:
		return string(settings.NodeFailureFast), nil
	}
}

func chosenPort(name string, wanted, recorded, fallback int) (int, error) {
	switch {
	case wanted != 0 && recorded != 0 && wanted != recorded:
		return 0, kept(name, wanted, fmt.Sprint("publishes port ", recorded))
	case recorded != 0:
		return recorded, nil
	case wanted != 0:
		return wanted, nil
	}
	return fallback, nil
}

// decideSource decides whether to pull or to build, and returns the reason. A
// cluster keeps the source it was made from. It fails if only some of the
// registries serve what is needed: an expired login should not cause half an hour
// of compiling.
func (e *environment) decideSource(ctx context.Context) (reason string, err error) {
	switch {
	case e.record.Source != "":
		e.source = settings.Source(e.record.Source)
		return "as when the cluster was made", nil
	case e.Source != settings.SourceAuto:
		e.source = e.Source
		return "set by SOURCE", nil
	case e.supply.Pulled():
		e.source = settings.SourceRegistry
		return "everything has been pulled already", nil
	}
	e.source, reason, err = choose(e.supply.Ask(ctx, e.providerRegistry()))
	return reason, err
}

// choose decides by the registries' answers.
func choose(answers supply.Answers) (source settings.Source, reason string, err error) {
	switch {
	case len(answers.Problems) == 0:
		return settings.SourceRegistry, "every registry answers", nil
	case len(answers.Good) == 0:
		return settings.SourceBuild, fmt.Sprintf("no registry answers (%v)", answers.Problems[0]), nil
	}
	return "", "", fmt.Errorf("%s answered, but these did not serve what is needed; set SOURCE=build to build everything from source instead (root on Debian):\n%w",
		strings.Join(answers.Good, ", "), errors.Join(answers.Problems...))
}

// providerRegistry returns the host that Terraform's providers come from. It is
// empty if the person's own CLI configuration says where to install them from.
func (e *environment) providerRegistry() string {
	tofu := e.terraform == "" || filepath.Base(e.terraform) == "tofu"
	file, host := ".terraformrc", "registry.terraform.io"
	if tofu {
		file, host = ".tofurc", "registry.opentofu.org"
	}
	for _, path := range []string{e.run.Getenv("TF_CLI_CONFIG_FILE"), filepath.Join(e.run.Getenv("HOME"), file), filepath.Join(e.run.Getenv("HOME"), ".terraformrc")} {
		if data, err := os.ReadFile(path); err == nil && strings.Contains(string(data), "provider_installation") {
			return ""
		}
	}
	return host
}

func (e *environment) build() bool { return e.source == settings.SourceBuild }

func (e *environment) products(ctx context.Context) (supply.Products, error) {
	return e.supply.Products(ctx, supply.Choice{Build: e.build(), Bundled: e.record.Charts == string(settings.ChartsBundled), Terraform: e.terraform})
}

func (e *environment) inputs(products supply.Products) tf.Inputs {
	own := map[string]string{}
	for _, p := range products {
		if p.Variable != "" {
			own[p.Variable] = p.Ref
		}
	}
	// The first two workers: ha runs two replicas of Prometheus.
	var samples []string
	if nodes := cluster.NodeNames(e.Cluster, e.record.Nodes); len(nodes) > 2 {
		samples = nodes[1:3]
	}
	return tf.Inputs{
		SampleNodes: samples, State: e.State, Kubeconfig: filepath.Join(e.State, "kubeconfig"),
		Mirror: e.supply.PathOf(products, supply.Mirror), Charts: e.supply.PathOf(products, supply.Charts),
		Images: e.supply.Pins.Images, OwnImages: own,
		HTTPNodePort: cluster.HTTPNodePort, PrometheusNodePort: cluster.PrometheusNodePort,
		ChartProfile: e.record.Charts,
	}
}

func (e *environment) httpURL() string { return localURL(e.record.HTTPPort, 80) }

// httpURLs returns one URL of the ingress for each node.
func (e *environment) httpURLs() (urls []string) {
	for _, port := range e.record.HTTPPorts() {
		urls = append(urls, localURL(port, 80))
	}
	return urls
}

func (e *environment) prometheusURL() string { return localURL(e.record.PrometheusPort, 80) }

func localURL(port, implied int) string {
	if port == implied {
		return "http://127.0.0.1"
	}
	return fmt.Sprintf("http://127.0.0.1:%d", port)
}
