// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// loadExporter compiles the exporter, makes an image of nothing else and loads it into the cluster. It
// returns the image's reference, whose tag is the program's digest.
func (s *stage) loadExporter(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "exporter")
	if _, err := s.output(ctx, []string{"CGO_ENABLED=0", "GOOS=linux"}, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./bench/scale/exporter"); err != nil {
		return "", fmt.Errorf("compiling the exporter: %w", err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return "", fmt.Errorf("reading the exporter: %w", err)
	}
	ref := fmt.Sprintf("localhost/bench-scale-exporter:%.12x", sha256.Sum256(content))
	archive := filepath.Join(dir, "exporter.tar")
	if err := writeImage(archive, ref, "exporter", content); err != nil {
		return "", fmt.Errorf("making the exporter's image: %w", err)
	}
	if _, err := s.output(ctx, nil, "kind", "load", "image-archive", archive, "--name", s.env.Cluster); err != nil {
		return "", fmt.Errorf("loading the exporter's image: %w", err)
	}
	return ref, nil
}

func writeImage(archive, ref, program string, content []byte) error {
	tag, err := name.NewTag(ref, name.StrictValidation)
	if err != nil {
		return err
	}
	var files bytes.Buffer
	w := tar.NewWriter(&files)
	if err := w.WriteHeader(&tar.Header{Name: program, Mode: 0o755, Size: int64(len(content))}); err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil })
	if err != nil {
		return err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Config = v1.Config{Entrypoint: []string{"/" + program}, User: "65532:65532"}
	if image, err = mutate.ConfigFile(image, file); err != nil {
		return err
	}
	return tarball.WriteToFile(archive, tag, image)
}
