// SPDX-License-Identifier: Apache-2.0

package goods

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Reference is the annotation that holds an image's reference.
const Reference = "org.opencontainers.image.ref.name"

func (s Source) images(dir string) error {
	store, err := layout.Write(dir, empty.Index)
	if err != nil {
		return fmt.Errorf("making an image layout: %w", err)
	}
	node, err := s.nodeImage()
	if err != nil {
		return fmt.Errorf("making the node image: %w", err)
	}
	if err := add(store, s.Node, node); err != nil {
		return fmt.Errorf("storing the node image: %w", err)
	}
	pods := filepath.Join(s.Dir, "pods.tar")
	archive, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(pods) })
	if err != nil {
		return fmt.Errorf("reading the images of pods: %w", err)
	}
	for _, entry := range archive {
		for _, ref := range entry.RepoTags {
			tag, err := name.NewTag(ref)
			if err != nil {
				return fmt.Errorf("reading the images of pods: %w", err)
			}
			image, err := tarball.ImageFromPath(pods, &tag)
			if err != nil {
				return fmt.Errorf("reading the image %s: %w", ref, err)
			}
			if err := add(store, ref, image); err != nil {
				return fmt.Errorf("storing the image %s: %w", ref, err)
			}
		}
	}
	return nil
}

// nodeImage has one layer, with all of the node's files.
func (s Source) nodeImage() (v1.Image, error) {
	layer, err := tarball.LayerFromFile(filepath.Join(s.Dir, "node.tar"), tarball.WithCompressionLevel(gzip.BestSpeed))
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(s.Dir, "node.json"))
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	if err := json.Unmarshal(data, &file.Config); err != nil {
		return nil, err
	}
	file.OS, file.Architecture = here.system, here.processor
	file.Config.Labels = nil // they mark what is built from source
	return mutate.ConfigFile(image, file)
}

// add puts an image under its reference, as part of an index of several platforms.
func add(store layout.Path, ref string, image v1.Image) error {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range platforms[:2] {
		part := image
		if p != here {
			var err error
			part, err = mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: p.system, Architecture: p.processor, RootFS: v1.RootFS{Type: "layers"}})
			if err != nil {
				return err
			}
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: part, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: p.system, Architecture: p.processor}},
		})
	}
	return store.AppendIndex(index, layout.WithAnnotations(map[string]string{Reference: ref}))
}
