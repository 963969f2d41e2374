// SPDX-License-Identifier: Apache-2.0

// Package pins has the exact version of everything the environment is made of. Each
// version is set once: in the go.mod or package.json of the tools it is built from,
// or else in kind/pins.json.
package pins

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
)

// Pins are the versions of one checkout.
type Pins struct {
	NodeImage struct {
		Name string `json:"name"`
		// Published is the tag of the newest image that kind publishes, which may
		// be some patch releases behind the Kubernetes that is built from source.
		Published string `json:"published"`
	} `json:"node_image"`
	DebianSuite        string            `json:"debian_suite"`       // the newest one whose systemd starts on a host with cgroup v1
	NginxDebianSuite   string            `json:"nginx_debian_suite"` // a newer one: NGINX of the other is too old
	Images             map[string]string `json:"images"`             // reference by role
	Programs           map[string]string `json:"programs"`           // where kind and kubectl are published
	RegistryProviders  map[string]string `json:"registry_providers"`
	PromadapterVersion string            `json:"promadapter_version"`

	Digests Digests `json:"-"`

	modules map[string]string
}

// Modules whose versions name images and providers.
const (
	PrometheusModule   = "github.com/prometheus/prometheus"
	Kubernetes         = "k8s.io/kubernetes"
	HelmProvider       = "github.com/hashicorp/terraform-provider-helm"
	KubernetesProvider = "github.com/hashicorp/terraform-provider-kubernetes"
)

// Load reads the pins of the checkout in root.
func Load(root string) (*Pins, error) {
	path := filepath.Join(root, "kind", "pins.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the pinned versions: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	p := &Pins{modules: map[string]string{}}
	if err := decoder.Decode(p); err != nil {
		return nil, fmt.Errorf("reading the pinned versions in %s: %w", path, err)
	}
	for _, group := range []string{"cluster", "providers"} {
		if err := p.readModules(filepath.Join(root, "kind", "tools", group, "go.mod")); err != nil {
			return nil, err
		}
	}
	if p.Digests, err = readDigests(filepath.Join(root, DigestsFile)); err != nil {
		return nil, err
	}
	for role, reference := range p.Images {
		if p.Images[role], err = p.expand(reference); err != nil {
			return nil, fmt.Errorf("image %s in %s: %w", role, path, err)
		}
	}
	return p, nil
}

// Module returns the version of a Go module without its leading v, or "" when
// no tool requires it.
func (p *Pins) Module(path string) string {
	return strings.TrimPrefix(p.modules[path], "v")
}

// Prometheus returns the release of Prometheus that its Go module stands for:
// the module of release 3.16.0 is v0.316.0, because the import path has no
// major version.
func (p *Pins) Prometheus() string {
	parts := strings.Split(p.Module(PrometheusModule), ".")
	if len(parts) != 3 || len(parts[1]) != 3 {
		return ""
	}
	return fmt.Sprintf("%s.%s.%s", parts[1][:1], strings.TrimPrefix(parts[1][1:], "0"), parts[2])
}

// BuiltNodeImage returns name and tag of the node image that is built from
// source. The tag is the version of Kubernetes in it.
func (p *Pins) BuiltNodeImage() string {
	return p.NodeImage.Name + ":v" + p.Module(Kubernetes)
}

// PublishedNodeImage returns name and tag of the node image that is pulled.
func (p *Pins) PublishedNodeImage() string {
	return p.NodeImage.Name + ":" + p.NodeImage.Published
}

// Program returns where a program is published for a platform such as
// linux/amd64.
func (p *Pins) Program(name, platform string) (string, error) {
	address, err := p.expand(p.Programs[name])
	if err != nil {
		return "", fmt.Errorf("program %s: %w", name, err)
	}
	system, architecture, _ := strings.Cut(platform, "/")
	return strings.NewReplacer("${platform}", system+"-"+architecture, "${os}", system, "${arch}", architecture).Replace(address), nil
}

// ImageRefs returns the references of all images, sorted.
func (p *Pins) ImageRefs() []string {
	var refs []string
	for _, ref := range p.Images {
		refs = append(refs, ref)
	}
	sort.Strings(refs)
	return refs
}

func (p *Pins) readModules(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the pinned modules: %w", err)
	}
	file, err := modfile.Parse(path, data, nil)
	if err != nil {
		return fmt.Errorf("reading the pinned modules: %w", err)
	}
	for _, require := range file.Require {
		p.modules[require.Mod.Path] = require.Mod.Version
	}
	return nil
}

// reference is a ${name} in pins.json: a Go module or another pin.
var reference = regexp.MustCompile(`\$\{([^}]+)\}`)

func (p *Pins) expand(text string) (string, error) {
	var unknown []string
	expanded := reference.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		version := p.Module(name)
		switch name {
		case "prometheus":
			version = p.Prometheus()
		case "node_image":
			version = p.NodeImage.Published
		case "platform", "os", "arch":
			return match // differ by machine
		}
		if version == "" {
			unknown = append(unknown, name)
		}
		return version
	})
	if len(unknown) > 0 {
		return "", fmt.Errorf("no tool requires the module %s", strings.Join(unknown, ", "))
	}
	return expanded, nil
}
