// SPDX-License-Identifier: Apache-2.0

// Package settings reads what a person may choose about an environment, and
// derives every path from it.
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

// The sources a person can ask for. Auto decides by asking the registries once.
const (
	SourceAuto     Source = "auto"
	SourceRegistry Source = "registry"
	SourceBuild    Source = "build"
)

// Charts says which charts make the environment.
type Charts string

// The charts a person can ask for: those of this project, or those of the
// projects that everybody installs from.
const (
	ChartsBundled  Charts = "bundled"
	ChartsUpstream Charts = "upstream"
)

// Defaults of the settings that have one.
const (
	DefaultCluster        = "hpa"
	DefaultHTTPPort       = 80
	DefaultPrometheusPort = 9090
)

// project names this project's folders below the XDG base directories.
const project = "nginx-prometheus-hpa"

// modulePath marks the root of a checkout.
const modulePath = "module github.com/nginx-prometheus-hpa/nginx-prometheus-hpa\n"

// Settings are the choices that hold for one run.
type Settings struct {
	Cluster        string // name of the kind cluster
	Source         Source
	Engine         string // docker, podman, or empty to choose by what works
	Charts         Charts // bundled or upstream; empty keeps what the cluster has
	HTTPPort       int    // port of the ingress on 127.0.0.1; 0 keeps what the cluster has
	PrometheusPort int    // port of the Prometheus page on 127.0.0.1; 0 keeps what the cluster has

	Root  string // checkout of this project
	Cache string // build results, shared by all clusters and checkouts
	State string // this cluster's kubeconfig, Terraform state and logs
}

// clusterName keeps to what kind, container names and file names all accept.
var clusterName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// Load reads the settings from environ ("KEY=value" pairs). Its error lists
// every unusable value with the variable, the value and the remedy.
func Load(environ []string, dir string) (Settings, error) {
	env := map[string]string{}
	for _, pair := range environ {
		if key, value, ok := strings.Cut(pair, "="); ok {
			env[key] = value
		}
	}
	s := Settings{
		Cluster: valueOr(env["CLUSTER"], DefaultCluster),
		Source:  Source(valueOr(env["SOURCE"], string(SourceAuto))),
		Engine:  env["ENGINE"],
		Charts:  Charts(env["CHARTS"]),
	}
	var problems []error
	if !clusterName.MatchString(s.Cluster) {
		problems = append(problems, fmt.Errorf("CLUSTER=%q: use 1 to 40 lower-case letters, digits and inner hyphens, for example CLUSTER=demo", s.Cluster))
	}
	switch s.Source {
	case SourceAuto, SourceRegistry, SourceBuild:
	default:
		problems = append(problems, fmt.Errorf("SOURCE=%q: use auto, registry or build", s.Source))
	}
	switch s.Engine {
	case "", "docker", "podman":
	default:
		problems = append(problems, fmt.Errorf("ENGINE=%q: use docker or podman, or leave it unset to take what works", s.Engine))
	}
	switch s.Charts {
	case "", ChartsBundled, ChartsUpstream:
	default:
		problems = append(problems, fmt.Errorf("CHARTS=%q: use bundled or upstream", s.Charts))
	}
	var err error
	if s.HTTPPort, err = port("HTTP_PORT", env["HTTP_PORT"]); err != nil {
		problems = append(problems, err)
	}
	if s.PrometheusPort, err = port("PROMETHEUS_PORT", env["PROMETHEUS_PORT"]); err != nil {
		problems = append(problems, err)
	}
	if s.HTTPPort != 0 && s.HTTPPort == s.PrometheusPort {
		problems = append(problems, fmt.Errorf("HTTP_PORT=%d and PROMETHEUS_PORT=%d: give them different ports", s.HTTPPort, s.PrometheusPort))
	}
	if s.Root, err = findRoot(dir); err != nil {
		problems = append(problems, err)
	}
	cache, err := baseDir(env, "XDG_CACHE_HOME", ".cache")
	if err != nil {
		problems = append(problems, err)
	}
	state, err := baseDir(env, "XDG_STATE_HOME", filepath.Join(".local", "state"))
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return Settings{}, errors.Join(problems...)
	}
	s.Cache = filepath.Join(cache, project)
	s.State = filepath.Join(state, project, s.Cluster)
	return s, nil
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
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("%s=%q: use a port from 1 to 65535, for example %s=8080", name, value, name)
	}
	return n, nil
}

// baseDir follows the XDG base directory specification: a relative value is
// not valid there, and is refused instead of being ignored.
func baseDir(env map[string]string, name, below string) (string, error) {
	if value := env[name]; value != "" {
		if !filepath.IsAbs(value) {
			return "", fmt.Errorf("%s=%q: use an absolute path", name, value)
		}
		return filepath.Clean(value), nil
	}
	if env["HOME"] == "" {
		return "", fmt.Errorf("neither %s nor HOME is set: set one of them", name)
	}
	return filepath.Join(env["HOME"], below), nil
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
