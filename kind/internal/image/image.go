// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"runtime"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// searchPath is where a program without a folder is looked for.
const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Spec describes one image.
type Spec struct {
	Ref        string // name and tag
	Tree       *Tree  // lowest layer; nil starts from nothing
	Files      []File // layer on top of it
	Entrypoint []string
	Command    []string
	User       string // numeric, so that Kubernetes can see that it is not root
	WorkDir    string
	StopSignal string
	Env        []string
	Labels     map[string]string
}

// Write writes the images to one archive that every container engine and
// containerd load. Images that share a tree share its layer.
func Write(archive string, specs ...Spec) error {
	images := map[name.Tag]v1.Image{}
	for _, spec := range specs {
		tag, err := name.NewTag(spec.Ref, name.StrictValidation)
		if err != nil {
			return fmt.Errorf("image name %q: %w", spec.Ref, err)
		}
		built, err := spec.build()
		if err != nil {
			return fmt.Errorf("making image %s: %w", spec.Ref, err)
		}
		images[tag] = built
	}
	if err := tarball.MultiWriteToFile(archive, images); err != nil {
		return fmt.Errorf("writing image archive %s: %w", archive, err)
	}
	return nil
}

func (s Spec) build() (v1.Image, error) {
	var layers []v1.Layer
	if s.Tree != nil {
		base, err := newLayer(s.Tree, nil)
		if err != nil {
			return nil, err
		}
		layers = append(layers, base)
	}
	if len(s.Files) > 0 {
		top, err := newLayer(nil, s.Files)
		if err != nil {
			return nil, err
		}
		layers = append(layers, top)
	}
	built, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		return nil, err
	}
	file, err := built.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Created = v1.Time{Time: time.Unix(0, 0)}
	file.Config = v1.Config{
		Entrypoint: s.Entrypoint, Cmd: s.Command, User: s.User, WorkingDir: s.WorkDir, StopSignal: s.StopSignal,
		Env: append([]string{searchPath}, s.Env...), Labels: s.Labels,
	}
	return mutate.ConfigFile(built, file)
}
