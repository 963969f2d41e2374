// SPDX-License-Identifier: Apache-2.0

// Package settings reads a person's choices for an environment from environment
// variables, and derives every path from them.
package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Source says where images, charts and Terraform providers come from.
type Source string

// The sources to choose from. Auto asks the registries once, and decides.
const (
	SourceAuto     Source = "auto"
	SourceRegistry Source = "registry"
	SourceBuild    Source = "build"
)

// Charts says which set of charts the environment is installed from.
type Charts string

// The sets of charts: this project's own, or the widely used upstream ones.
const (
	ChartsBundled  Charts = "bundled"
	ChartsUpstream Charts = "upstream"
)

// NodeFailure says how soon a cluster of several nodes gives up a dead node.
type NodeFailure string

// The choices: within seconds, or with Kubernetes' own settings.
const (
	NodeFailureFast     NodeFailure = "fast"
	NodeFailureDefaults NodeFailure = "defaults"
)

// Defaults of the settings that have one.
const (
	DefaultCluster        = "hpa"
	DefaultNodes          = 1
	DefaultHTTPPort       = 80
	DefaultPrometheusPort = 9090
)

// MostNodes is the largest number of nodes of a cluster. They share one machine, and
// more of them would show nothing new.
const MostNodes = 9

// mostPort is the highest TCP port.
const mostPort = 65535

// project names this project's folders below the XDG base directories.
const project = "nginx-prometheus-hpa"

// modulePath marks the root of a checkout.
const modulePath = "module github.com/nginx-prometheus-hpa/nginx-prometheus-hpa\n"

// Settings are the choices that hold for one run.
type Settings struct {
	Cluster        string // name of the kind cluster
	Source         Source
	Engine         string      // docker, podman, or empty to choose by what works
	Charts         Charts      // bundled or upstream; empty keeps what the cluster has
	Kubernetes     string      // version of the node image to pull, without its v; empty keeps what the cluster has
	Nodes          int         // of the cluster, the control plane's included; 0 keeps what the cluster has
	NodeFailure    NodeFailure // fast or defaults; empty keeps what the cluster has
	HTTPPort       int         // port of the first node's ingress on 127.0.0.1; 0 keeps what the cluster has
	PrometheusPort int         // port of the Prometheus page on 127.0.0.1; 0 keeps what the cluster has

	RegistryMirror string // host[:port][/prefix], or the absolute path of a file or folder in containerd's form; empty for none
	RegistryCA     string // absolute path of a file of certificates to trust besides the system's; empty for none

	KeepBuildCache bool // keep the compilers' caches after a build

	Root  string // checkout of this project
	Cache string // build results, shared by all clusters and checkouts
	State string // this cluster's kubeconfig, tools and Terraform state; its logs are next to it, in .logs

	home string
}

// clusterName matches what kind, container names and file names all accept.
var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Variable is an environment variable that Load reads.
type Variable struct {
	Name    string
	Value   string // an example, or the default
	Meaning string
	set     func(s *Settings, value string) error // the value is empty if the variable is unset
}

// Variables returns the variables that Load reads besides HOME, in the order of the
// help.
func Variables() []Variable {
	return []Variable{
		{"CLUSTER", "name", "which cluster (default " + DefaultCluster + ")", (*Settings).setCluster},
		{"SOURCE", "auto", "or registry, or build: where images and providers come from", (*Settings).setSource},
		{"ENGINE", "docker", "or podman (default: the first that works)", (*Settings).setEngine},
		{"CHARTS", "bundled", "or upstream: this project's charts, or the widely used upstream ones", (*Settings).setCharts},
		{"KUBERNETES", "1.36.4", "with SOURCE=registry, the version of the node image to pull (default: the pinned one)", (*Settings).setKubernetes},
		{"NODES", "3", "nodes of the cluster, 1 to " + strconv.Itoa(MostNodes) + " (default " + strconv.Itoa(DefaultNodes) + ")", (*Settings).setNodes},
		{"NODE_FAILURE", "fast", "or defaults: with several nodes, how soon a dead one is given up", (*Settings).setNodeFailure},
		{"HTTP_PORT", strconv.Itoa(DefaultHTTPPort), "port of the ingress on 127.0.0.1; each further node takes the next one", func(s *Settings, value string) (err error) {
			s.HTTPPort, err = port("HTTP_PORT", value)
			return err
		}},
		{"PROMETHEUS_PORT", strconv.Itoa(DefaultPrometheusPort), "port of the Prometheus page on 127.0.0.1", func(s *Settings, value string) (err error) {
			s.PrometheusPort, err = port("PROMETHEUS_PORT", value)
			return err
		}},
		{"REGISTRY_MIRROR", "host/prefix", "or a file like containerd's hosts.toml, or a folder like its certs.d: where all images are pulled from", (*Settings).setMirror},
		{"REGISTRY_CA", "/file", "certificates to trust besides the system's, in PEM form", func(s *Settings, value string) (err error) {
			s.RegistryCA, err = existingFile("REGISTRY_CA", value)
			return err
		}},
		{"KEEP_BUILD_CACHE", "1", "keep the compilers' caches after a build", func(s *Settings, value string) error {
			s.KeepBuildCache = value != ""
			return nil
		}},
		{"XDG_CACHE_HOME", "/folder", "build results are below it (default ~/.cache)", func(s *Settings, value string) (err error) {
			s.Cache, err = baseDir("XDG_CACHE_HOME", value, filepath.Join(s.home, ".cache"))
			return err
		}},
		{"XDG_STATE_HOME", "/folder", "kubeconfigs, Terraform state and logs are below it (default ~/.local/state)", func(s *Settings, value string) (err error) {
			s.State, err = baseDir("XDG_STATE_HOME", value, filepath.Join(s.home, ".local", "state"))
			return err
		}},
	}
}

// Load reads the settings from environ ("KEY=value" pairs). Its error lists
// every unusable value with the variable, the value and the remedy.
func Load(environ []string, dir string) (Settings, error) {
	env := map[string]string{}
	for _, pair := range environ {
		if key, value, ok := strings.Cut(pair, "="); ok {
			env[key] = value
		}
	}
	s := Settings{home: env["HOME"]}
	var problems []error
	for _, v := range Variables() {
		problems = append(problems, v.set(&s, env[v.Name]))
	}
	if s.HTTPPort != 0 && s.PrometheusPort != 0 {
		problems = append(problems, CheckPorts(s.HTTPPort, s.PrometheusPort, s.Nodes))
	}
	var err error
	s.Root, err = findRoot(dir)
	if err := errors.Join(append(problems, err)...); err != nil {
		return Settings{}, err
	}
	s.Cache = filepath.Join(s.Cache, project)
	s.State = filepath.Join(s.State, project, s.Cluster)
	return s, nil
}

func (s *Settings) setCluster(value string) error {
	if s.Cluster = valueOr(value, DefaultCluster); !clusterName.MatchString(s.Cluster) {
		return fmt.Errorf("CLUSTER=%q: use 1 to 40 lower-case letters, digits and inner hyphens, for example CLUSTER=demo", s.Cluster)
	}
	return nil
}

func (s *Settings) setSource(value string) error {
	switch s.Source = Source(valueOr(value, string(SourceAuto))); s.Source {
	case SourceAuto, SourceRegistry, SourceBuild:
		return nil
	}
	return fmt.Errorf("SOURCE=%q: use auto, registry or build", s.Source)
}

func (s *Settings) setEngine(value string) error {
	switch s.Engine = value; s.Engine {
	case "", "docker", "podman":
		return nil
	}
	return fmt.Errorf("ENGINE=%q: use docker or podman, or leave it unset to take what works", s.Engine)
}

var kubernetesVersion = regexp.MustCompile(`^1\.[0-9]+\.[0-9]+$`)

// setKubernetes must run after setSource: a build from source has one version only.
func (s *Settings) setKubernetes(value string) error {
	switch s.Kubernetes = value; {
	case value != "" && !kubernetesVersion.MatchString(value):
		return fmt.Errorf("KUBERNETES=%q: use the version of a node image that kind publishes, for example KUBERNETES=1.36.4", value)
	case value != "" && s.Source != SourceRegistry:
		return fmt.Errorf("KUBERNETES=%q: a build from source has one version only: set SOURCE=registry as well, or leave it unset", value)
	}
	return nil
}

func (s *Settings) setNodes(value string) error {
	if value == "" {
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > MostNodes {
		return fmt.Errorf("NODES=%q: use a number from 1 to %d, for example NODES=3", value, MostNodes)
	}
	s.Nodes = n
	return nil
}

func (s *Settings) setNodeFailure(value string) error {
	switch s.NodeFailure = NodeFailure(value); s.NodeFailure {
	case "", NodeFailureFast, NodeFailureDefaults:
		return nil
	}
	return fmt.Errorf("NODE_FAILURE=%q: use fast or defaults", s.NodeFailure)
}

// CheckPorts returns an error unless each node has a port for the ingress, from
// httpPort on, that is at most 65535 and differs from prometheusPort.
func CheckPorts(httpPort, prometheusPort, nodes int) error {
	last := httpPort + max(nodes, DefaultNodes) - 1
	switch {
	case last > mostPort:
		return fmt.Errorf("HTTP_PORT=%d: with NODES=%d the ports up to %d are published, but %d is the last one: choose a lower one", httpPort, nodes, last, mostPort)
	case prometheusPort == httpPort:
		return fmt.Errorf("HTTP_PORT=%d and PROMETHEUS_PORT=%d: give them different ports", httpPort, prometheusPort)
	case prometheusPort > httpPort && prometheusPort <= last:
		return fmt.Errorf("HTTP_PORT=%d and PROMETHEUS_PORT=%d: with NODES=%d the ingress has the ports %d to %d: choose another PROMETHEUS_PORT, for example %d", httpPort, prometheusPort, nodes, httpPort, last, last+1)
	}
	return nil
}

func (s *Settings) setCharts(value string) error {
	switch s.Charts = Charts(value); s.Charts {
	case "", ChartsBundled, ChartsUpstream:
		return nil
	}
	return fmt.Errorf("CHARTS=%q: use bundled or upstream", s.Charts)
}

// mirrorHost matches a host with an optional port and an optional path prefix.
var mirrorHost = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?(/[a-z0-9._-]+)*/?$`)

func (s *Settings) setMirror(value string) (err error) {
	if filepath.IsAbs(value) {
		if _, err := os.Stat(value); err != nil {
			return fmt.Errorf("REGISTRY_MIRROR=%q: %w", value, err)
		}
	} else if value != "" && !mirrorHost.MatchString(value) {
		return fmt.Errorf("REGISTRY_MIRROR=%q: use host[:port][/prefix] without https://, or the absolute path of a file in the form of containerd's hosts.toml or of a folder laid out as its certs.d, for example REGISTRY_MIRROR=registry.example.org/docker", value)
	}
	s.RegistryMirror = strings.TrimSuffix(value, "/")
	return nil
}

func existingFile(name, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	if !filepath.IsAbs(value) {
		return "", fmt.Errorf("%s=%q: use an absolute path", name, value)
	}
	if _, err := os.Stat(value); err != nil {
		return "", fmt.Errorf("%s=%q: %w", name, value, err)
	}
	return value, nil
}

func valueOr(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func port(name, value string) (int, error) {
	if value == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > mostPort {
		return 0, fmt.Errorf("%s=%q: use a port from 1 to %d, for example %s=8080", name, value, mostPort, name)
	}
	return n, nil
}

// baseDir follows the XDG base directory specification: a relative value is
// not valid there, and is refused instead of being ignored.
func baseDir(name, value, fallback string) (string, error) {
	switch {
	case value == "" && !filepath.IsAbs(fallback):
		return "", fmt.Errorf("neither %s nor HOME is set: set one of them", name)
	case value == "":
		return fallback, nil
	case !filepath.IsAbs(value):
		return "", fmt.Errorf("%s=%q: use an absolute path", name, value)
	}
	return filepath.Clean(value), nil
}

// findRoot walks up from dir to the checkout that holds it.
func findRoot(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), modulePath) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%q is not inside a checkout of this project: change into one", dir)
		}
	}
}
