// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
)

// program is an image of one program of this project. The image's tag is the
// key of its content, so that a change of the program is a change of the
// reference.
type program struct{ image, name, pkg string }

// projectImages are those that the cluster runs.
var projectImages = []program{
	{"app", "heavywork", "./app"},
	{"adapter", "adapter", "./adapter"},
	{"activator", "activator", "./activator"},
	{"loadgen", "loadgen", "./loadgen"},
}

// ProbeImage is the image that shows whether containers start.
const ProbeImage = "localhost/probe:1"

// containerSystem is what containers run on, wherever they are built.
const containerSystem = "linux"

// pausePackage is both the cluster's pause program and the engine's probe.
const pausePackage = "./kind/images/pause"

// projectProgram returns one main package of this module as a program called
// name, for the named operating system.
func (s *Supply) projectProgram(ctx context.Context, name, pkg, system string) (artefact.Spec, error) {
	sources, err := s.projectSources(ctx, pkg)
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: name, Key: artefact.Key(s.toolchain, pkg, system, sources), Build: func(ctx context.Context, dir string) error {
		args := append(append([]string{"build"}, gobuild.Flags()...), "-o", filepath.Join(dir, name), pkg)
		return s.goProject().With("GOOS="+system).Run(ctx, "go", args...)
	}}, nil
}

// projectSources digests the sources of a package and of everything of this
// module that it imports, the files embedded in them from folders below
// included, and the versions of what it imports from others.
func (s *Supply) projectSources(ctx context.Context, pkg string) (string, error) {
	out, err := s.goProject().Output(ctx, "go", "list", "-deps", "-f", "{{if .Module}}{{.Module.Main}}|{{.Dir}}|{{.Module.Path}}@{{.Module.Version}}|{{join .EmbedFiles \",\"}}{{end}}", pkg)
	if err != nil {
		return "", fmt.Errorf("reading what %s is made of: %w", pkg, err)
	}
	var inputs []string
	for line := range strings.SplitSeq(out, "\n") {
		parts := strings.Split(line, "|")
		if len(parts) != 4 {
			continue
		}
		if parts[0] != "true" {
			inputs = append(inputs, parts[2])
			continue
		}
		relative, err := filepath.Rel(s.Root, parts[1])
		if err != nil {
			return "", fmt.Errorf("placing %s: %w", parts[1], err)
		}
		entries, err := os.ReadDir(parts[1])
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", relative, err)
		}
		var files []string
		for _, entry := range entries {
			if entry.Type().IsRegular() && !isTest(entry.Name()) {
				files = append(files, entry.Name())
			}
		}
		for embedded := range strings.SplitSeq(parts[3], ",") {
			if strings.Contains(embedded, "/") {
				files = append(files, embedded)
			}
		}
		for _, file := range files {
			sum, err := artefact.Tree(s.Root, nil, filepath.Join(relative, file))
			if err != nil {
				return "", err
			}
			inputs = append(inputs, sum)
		}
	}
	return artefact.Key(inputs...), nil
}

// projectImage returns an image of this project, which the root configuration
// takes by a variable of its name.
func (s *Supply) projectImage(ctx context.Context, p program) (Product, error) {
	compiled, err := s.projectProgram(ctx, p.name, p.pkg, containerSystem)
	if err != nil {
		return Product{}, err
	}
	key := artefact.Key(s.recipes, compiled.Key)
	product := Product{For: FromClone, Archive: p.image + ".tar", Ref: "localhost/" + p.name + ":" + key, Variable: p.image + "_image"}
	product.Spec = artefact.Spec{Name: p.image + "-image", Key: key, Build: func(ctx context.Context, dir string) error {
		built, err := s.Store.Ensure(ctx, compiled)
		if err != nil {
			return err
		}
		return image.Write(filepath.Join(dir, product.Archive), image.Spec{
			Ref: product.Ref, Files: []image.File{{Path: "/" + p.name, Source: filepath.Join(built, p.name)}},
			Entrypoint: []string{"/" + p.name}, User: "65532:65532",
		})
	}}
	return product, nil
}

// Probe returns the archive of the probe image, probe.tar.
func (s *Supply) Probe(ctx context.Context) (artefact.Spec, error) {
	program, err := s.projectProgram(ctx, "pause", pausePackage, containerSystem)
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: "probe-image", Key: artefact.Key(s.recipes, program.Key), Build: func(ctx context.Context, dir string) error {
		built, err := s.Store.Ensure(ctx, program)
		if err != nil {
			return err
		}
		return image.Write(filepath.Join(dir, "probe.tar"), image.Spec{
			Ref: ProbeImage, Files: []image.File{{Path: "/pause", Source: filepath.Join(built, "pause")}}, Entrypoint: []string{"/pause"},
		})
	}}, nil
}
