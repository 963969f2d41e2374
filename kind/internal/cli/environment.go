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
	out      io.Writer // for what was asked for
	progress io.Writer // for what is going on

	run    command.Runner // the project's own tools are first on its PATH
	supply *supply.Supply
	record cluster.Record
	source settings.Source // registry or build, once decided
	engine *engine.Engine

	terraform string // the program that does Terraform's work, where one is installed
}

// shared is the folder next to the clusters' states for what they share. No
// cluster's name begins with a dot.
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
	// What is pulled is asked of the person's own tools, so before ours on PATH.
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
	// A running cluster answers for itself; what was not chosen stays.
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

// personsOwn returns the PATH and the environment without what make env has
// added to them, for any cluster.
func (e *environment) personsOwn() (path string, environ []string) {
	states := filepath.Dir(e.State) + string(filepath.Separator)
	for _, pair := range e.environ {
		name, value, _ := strings.Cut(pair, "=")
		switch {
		case name == "PATH":
			folders := slices.DeleteFunc(filepath.SplitList(value), func(folder string) bool { return strings.HasPrefix(folder, states) })
			path = strings.Join(folders, string(filepath.ListSeparator))
		case name == "TF_CLI_CONFIG_FILE" && strings.HasPrefix(value, states):
		default:
			environ = append(environ, pair)
		}
	}
	return path, environ
}

// registry returns a client that goes the person's own way to registries.
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

// chosenCharts keeps a cluster to one kind of charts: they bring objects of the
// same names, and neither can take over what the other has installed.
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
		return "", fmt.Errorf("CHARTS=%s: this cluster has the %s charts, which cannot change while it exists: run make down first, or choose another CLUSTER", wanted, existing)
	}
	return existing, nil
}

// chosenKubernetes returns the tag of the node image that is pulled. It keeps a
// cluster to the one that it was made of.
func chosenKubernetes(wanted string, record cluster.Record, pinned string) (string, error) {
	existing := ""
	if record.Source == string(settings.SourceRegistry) {
		_, existing, _ = strings.Cut(path.Base(record.NodeImage), ":")
	}
	switch {
	case wanted != "" && record.Source != "" && existing != "v"+wanted:
		return "", fmt.Errorf("KUBERNETES=%s: this cluster was made of %s, which cannot change while it exists: run make down first, or choose another CLUSTER", wanted, record.NodeImage)
	case wanted != "":
		return "v" + wanted, nil
	case existing != "":
		return existing, nil
	}
	return pinned, nil
}

// chosenNodes keeps a cluster to its nodes: kind adds none to one that is there.
func chosenNodes(wanted int, record cluster.Record) (int, error) {
	switch existing := record.NodeCount(); {
	case record.Source == "":
		return max(wanted, settings.DefaultNodes), nil
	case wanted != 0 && wanted != existing:
		return 0, fmt.Errorf("NODES=%d: this cluster has %d, which cannot change while it exists: run make down first, or choose another CLUSTER", wanted, existing)
	default:
		return existing, nil
	}
}

// chosenNodeFailure keeps a cluster to what its control plane was started with.
// The record has the number of nodes already.
func chosenNodeFailure(wanted settings.NodeFailure, record cluster.Record) (string, error) {
	switch existing := settings.NodeFailure(record.NodeFailure); {
	case record.NodeCount() == 1 && wanted != "":
		return "", fmt.Errorf("NODE_FAILURE=%s: this cluster has one node, and no other that could replace it: leave it unset, or choose NODES=2 or more", wanted)
	case record.Source != "" && wanted != "" && wanted != existing:
		return "", fmt.Errorf("NODE_FAILURE=%s: this cluster was made with %s, which cannot change while it exists: run make down first, or choose another CLUSTER", wanted, existing)
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
		return 0, fmt.Errorf("%s=%d: this cluster publishes port %d, which cannot change while it exists: run make down first, or choose another CLUSTER", name, wanted, recorded)
	case recorded != 0:
		return recorded, nil
	case wanted != 0:
		return wanted, nil
	}
	return fallback, nil
}

// decideSource says whether things are pulled or built, and why. A cluster
// keeps the source it was made from. It is an error when some of the registries
// serve what they are asked for and others do not: half an hour of compiling is
// no answer to a login that has run out.
func (e *environment) decideSource(ctx context.Context) (reason string, err error) {
	switch {
	case e.record.Source != "":
		e.source = settings.Source(e.record.Source)
		return "as when the cluster was made", nil
	case e.Source != settings.SourceAuto:
		e.source = e.Source
		return "as SOURCE says", nil
	case e.supply.Pulled():
		e.source = settings.SourceRegistry
		return "everything was pulled before", nil
	}
	e.source, reason, err = choose(e.supply.Ask(ctx, e.providerRegistry()))
	return reason, err
}

// choose decides by what the registries have answered.
func choose(answers supply.Answers) (source settings.Source, reason string, err error) {
	switch {
	case len(answers.Problems) == 0:
		return settings.SourceRegistry, "every registry answers", nil
	case len(answers.Good) == 0:
		return settings.SourceBuild, fmt.Sprintf("no registry answers (%v)", answers.Problems[0]), nil
	}
	return "", "", fmt.Errorf("%s answered, and these did not serve what they were asked for; set SOURCE=build to build everything from source instead (root on Debian):\n%w",
		strings.Join(answers.Good, ", "), errors.Join(answers.Problems...))
}

// providerRegistry is the host that Terraform's providers come from, and empty
// where the person's own configuration says where they come from.
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
	// The first two workers: ha runs two Prometheus.
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

// httpURLs has one address of the ingress for each node.
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
