// SPDX-License-Identifier: Apache-2.0

// Package images makes the images of a release. Each has one program and nothing else, for several platforms under one name.
package images

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Packages are the main packages of the images, by the image's name. Charts start the program by this name.
var Packages = map[string]string{"heavywork": "./app", "adapter": "./adapter", "activator": "./activator", "loadgen": "./loadgen"}

// user is numeric, so that Kubernetes can verify that it is not root.
const user = "65532:65532"

const source = "https://github.com/nginx-prometheus-hpa/nginx-prometheus-hpa"

// Compile builds a program of the checkout in root for a platform such as linux/arm64, into dir. It returns the program's path.
func Compile(ctx context.Context, root, dir, program, platform string) (string, error) {
	system, architecture, ok := strings.Cut(platform, "/")
	if !ok || system != "linux" {
		return "", fmt.Errorf("platform %q: use a Linux platform, for example linux/arm64", platform)
	}
	file := filepath.Join(dir, program+"-"+architecture)
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, Packages[program])
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compiling %s for %s: %w\n%s", program, platform, err, out)
	}
	return file, nil
}

// Index returns the image of a program, given its file by platform. The same files give the same image.
func Index(program, version string, files map[string]string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range slices.Sorted(maps.Keys(files)) {
		p, err := v1.ParsePlatform(platform)
		if err != nil {
			return nil, fmt.Errorf("platform %q: %w", platform, err)
		}
		image, err := one(program, version, files[platform], p)
		if err != nil {
			return nil, fmt.Errorf("making the image of %s for %s: %w", program, platform, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: p}})
	}
	return index, nil
}

func one(program, version, file string, platform *v1.Platform) (v1.Image, error) {
	content, err := archive(program, file)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	if image, err = mutate.AppendLayers(image, layer); err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = platform.OS, platform.Architecture, v1.Time{Time: time.Unix(0, 0)}
	config.Config = v1.Config{Entrypoint: []string{"/" + program}, User: user, Labels: map[string]string{
		"org.opencontainers.image.source": source, "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "Apache-2.0",
	}}
	return mutate.ConfigFile(image, config)
}

// archive returns a layer with the program.
func archive(program, file string) ([]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	out := tar.NewWriter(&layer)
	err = out.WriteHeader(&tar.Header{Name: program, Mode: 0o755, Size: int64(len(content)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX})
	_, err2 := out.Write(content)
	if err := errors.Join(err, err2, out.Close()); err != nil {
		return nil, err
	}
	return layer.Bytes(), nil
}

// Push pushes an image to a registry, with docker's login, and returns its digest.
func Push(ctx context.Context, index v1.ImageIndex, reference string) (string, error) {
	ref, err := name.NewTag(reference, name.StrictValidation)
	if err != nil {
		return "", fmt.Errorf("image %q: %w", reference, err)
	}
	if err := remote.WriteIndex(ref, index, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return "", fmt.Errorf("pushing %s: %w", reference, err)
	}
	digest, err := index.Digest()
	if err != nil {
		return "", fmt.Errorf("reading the digest of %s: %w", reference, err)
	}
	return digest.String(), nil
}
