// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
)

// Files of a pulled image's artefact.
const (
	imageArchive = "image.tar"
	imageFacts   = "image.json" // a registry.Pulled
)

// PulledNode returns the node image that kind publishes.
func (s *Supply) PulledNode() Product { return s.pulledImage("node", s.Pins.PublishedNodeImage()) }

// PulledImages returns what runs in pods and is neither in the node image nor
// made here.
func (s *Supply) PulledImages() []Product {
	var images []Product
	for role, ref := range s.Pins.Images {
		images = append(images, s.pulledImage(strings.ReplaceAll(role, "_", "-"), ref))
	}
	slices.SortFunc(images, func(a, b Product) int { return strings.Compare(a.Ref, b.Ref) })
	return images
}

// imagePlatform is what containers run on here: Linux, in a machine of its own
// where the host is something else.
func imagePlatform() string { return containerSystem + "/" + runtime.GOARCH }

// pulledImage is an image that is pulled on this machine, kept, and loaded from
// there.
func (s *Supply) pulledImage(name, ref string) Product {
	digest := s.Pins.Digests.Images[ref]
	image := registry.Image{Ref: ref, Digest: digest, Platform: imagePlatform()}
	return Product{For: ForCluster, Archive: imageArchive, Ref: ref, Spec: artefact.Spec{Name: "image-" + name, Key: artefact.Key(ref, digest, image.Platform), Build: func(ctx context.Context, dir string) error {
		if digest == "" {
			s.Say("%s is taken as the registry serves it: no digest of it is pinned yet (go run ./kind pins)", ref)
		}
		stop := s.tellRead(ref)
		defer stop()
		pulled, err := s.Registry.Pull(ctx, image, filepath.Join(dir, imageArchive))
		if err != nil {
			return err
		}
		facts, err := json.Marshal(pulled)
		if err != nil {
			return fmt.Errorf("encoding what %s is made of: %w", ref, err)
		}
		return os.WriteFile(filepath.Join(dir, imageFacts), facts, 0o644)
	}}}
}

// tellRead tells how much has come in, until the function it returns is called.
func (s *Supply) tellRead(what string) func() {
	begun, ended := s.Registry.Read(), make(chan struct{})
	ticker := time.NewTicker(time.Second)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				s.Detail("pulling %s: %.0f MB", what, float64(s.Registry.Read()-begun)/1e6)
			}
		}
	}()
	return func() { ticker.Stop(); close(ended) }
}

// LoadNode puts a pulled node image into the engine's storage, unless just this
// one is there under its name.
func (s *Supply) LoadNode(ctx context.Context, e *engine.Engine, node Product) error {
	data, err := os.ReadFile(filepath.Join(s.Store.Path(node.Spec), imageFacts))
	if err != nil {
		return fmt.Errorf("reading what %s is made of: %w", node.Ref, err)
	}
	var facts registry.Pulled
	if err := json.Unmarshal(data, &facts); err != nil {
		return fmt.Errorf("reading what %s is made of: %w", node.Ref, err)
	}
	id, err := e.Run.Output(ctx, e.Name, "image", "inspect", "--format", "{{.Id}}", node.Ref)
	if err == nil && (sameDigest(id, facts.Config) || sameDigest(id, facts.Manifest)) {
		return nil
	}
	s.Detail("loading %s into %s", node.Ref, e.Name)
	return e.Load(ctx, s.ArchivePath(node))
}

// sameDigest compares an image's ID, which podman gives without its algorithm.
func sameDigest(id, digest string) bool {
	return strings.TrimPrefix(id, "sha256:") == strings.TrimPrefix(digest, "sha256:")
}

// pulledTools returns kind and kubectl: those of this machine where their
// versions fit, or else what their projects publish.
func (s *Supply) pulledTools() (artefact.Spec, error) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	programs := []publishedProgram{
		{name: "kind", version: []string{"version", "--quiet"}, fits: func(has string) bool { return minor(has) == minor(s.Pins.Module(kindModule)) }},
		{name: "kubectl", version: []string{"version", "--client", "--output=json"}, fits: func(has string) bool {
			// Kubernetes supports a kubectl of one minor release more or less.
			distance := minor(has) - minor(s.Pins.NodeImage.Published)
			return has != "" && distance >= -1 && distance <= 1
		}},
	}
	inputs := []string{platform}
	for i := range programs {
		address, err := s.Pins.Program(programs[i].name, platform)
		if err != nil {
			return artefact.Spec{}, err
		}
		programs[i].address = address
		inputs = append(inputs, address, s.Pins.Digests.Programs[address])
	}
	return artefact.Spec{Name: "tools", Key: artefact.Key(inputs...), Build: func(ctx context.Context, dir string) error {
		for _, program := range programs {
			if err := s.bring(ctx, program, filepath.Join(dir, program.name)); err != nil {
				return err
			}
		}
		return nil
	}}, nil
}

// publishedProgram is a program that its project publishes for each platform.
type publishedProgram struct {
	name, address string
	version       []string              // arguments that make it print its version
	fits          func(has string) bool // whether a version does
}

var versionNumber = regexp.MustCompile(`\bv?([0-9]+\.[0-9]+\.[0-9]+)`)

// minor returns the minor release of a version, and -10 without one.
func minor(version string) int {
	match := versionNumber.FindStringSubmatch(version)
	if match == nil {
		return -10
	}
	n, err := strconv.Atoi(strings.Split(match[1], ".")[1])
	if err != nil {
		return -10
	}
	return n
}

func (s *Supply) bring(ctx context.Context, program publishedProgram, file string) error {
	path, err := s.Run.LookPath(program.name)
	if err == nil {
		has, err := s.Run.Output(ctx, path, program.version...)
		if has = versionNumber.FindString(has); err == nil && program.fits(has) {
			s.Say("taking %s %s from %s", program.name, has, path)
			data, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("taking %s: %w", program.name, err)
			}
			return os.WriteFile(file, data, 0o755)
		}
	}
	defer s.tellRead(program.address)()
	sum := s.Pins.Digests.Programs[program.address]
	if sum == "" {
		if sum, err = s.publishedSum(ctx, program.address); err != nil {
			return fmt.Errorf("%w: let this machine reach that host, or install %s yourself", err, program.name)
		}
	}
	if err := s.Registry.Download(ctx, program.address, sum, file, 0o755); err != nil {
		return fmt.Errorf("%w: let this machine reach that host, or install %s yourself", err, program.name)
	}
	return nil
}

// publishedSum reads the SHA-256 that stands beside a program: kind and
// Kubernetes name the file differently.
func (s *Supply) publishedSum(ctx context.Context, address string) (string, error) {
	sum, err := s.Registry.Sum(ctx, address+".sha256")
	if err != nil {
		sum, err = s.Registry.Sum(ctx, address+".sha256sum")
	}
	return sum, err
}
