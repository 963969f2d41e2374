// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/images/archive"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/semaphore"
)

// besideEachOther is how many layers of an image are pulled at a time.
const besideEachOther = 3

// Image is an image to pull.
type Image struct {
	Ref      string // with a tag
	Digest   string // of the image or of its index, "sha256:..."; empty takes what the tag names
	Platform string // such as linux/amd64
}

// Pulled has the digests of a pulled image and its parts.
type Pulled struct {
	Digest   string `json:"digest"`   // what the tag names: the index of an image for several platforms
	Manifest string `json:"manifest"` // of the platform; Docker's newer store calls this the image's ID
	Config   string `json:"config"`   // of the platform; podman and Docker's older store call this the image's ID
}

// Digest returns the digest that a tag names.
func (c *Client) Digest(ctx context.Context, ref string) (string, error) {
	ctx = watched(ctx)
	_, descriptor, err := docker.NewResolver(c.resolver(ctx)).Resolve(ctx, ref)
	if err != nil {
		return "", c.explain(ctx, ref, err)
	}
	if err := c.isImage(ctx, ref, descriptor); err != nil {
		return "", err
	}
	return descriptor.Digest.String(), nil
}

// Ask checks whether an image can be pulled: it reads everything but the layers,
// including the configuration, which comes from the same place as the layers.
func (c *Client) Ask(ctx context.Context, i Image) error {
	dir, err := os.MkdirTemp("", "registry-*")
	if err != nil {
		return fmt.Errorf("creating a folder for the answer: %w", err)
	}
	defer os.RemoveAll(dir)
	_, err = c.fetch(ctx, i, dir, func(d ocispec.Descriptor) bool { return !images.IsLayerType(d.MediaType) })
	return err
}

// Pull writes an image to an archive that Docker, podman and containerd can load.
// Every digest is verified, and the file appears only when it is complete.
func (c *Client) Pull(ctx context.Context, i Image, file string) (Pulled, error) {
	if err := os.MkdirAll(c.options.Content, 0o755); err != nil {
		return Pulled{}, fmt.Errorf("creating a folder for %s: %w", i.Ref, err)
	}
	f, err := c.fetch(ctx, i, c.options.Content, func(ocispec.Descriptor) bool { return true })
	if err != nil {
		return Pulled{}, err
	}
	err = writeWhole(file, func(out *os.File) error {
		if err := archive.Export(ctx, f.store, out, archive.WithManifest(f.manifest, i.Ref)); err != nil {
			return fmt.Errorf("writing %s to an archive: %w", i.Ref, err)
		}
		return nil
	})
	return Pulled{f.top.Digest.String(), f.manifest.Digest.String(), f.config.Digest.String()}, err
}

// fetched is an image in a content store.
type fetched struct {
	store                 content.Store
	top, manifest, config ocispec.Descriptor
}

// fetch pulls the wanted parts of an image into the content store below dir.
func (c *Client) fetch(ctx context.Context, i Image, dir string, wanted func(ocispec.Descriptor) bool) (f fetched, err error) {
	platform, err := platforms.Parse(i.Platform)
	if err != nil {
		return f, fmt.Errorf("platform %q of %s: %w", i.Platform, i.Ref, err)
	}
	only := platforms.OnlyStrict(platform)
	if f.store, err = local.NewStore(dir); err != nil {
		return f, fmt.Errorf("opening the store of %s: %w", i.Ref, err)
	}
	ctx = watched(ctx)
	ref := i.Ref
	if i.Digest != "" {
		ref += "@" + i.Digest
	}
	resolver := docker.NewResolver(c.resolver(ctx))
	name, top, err := resolver.Resolve(ctx, ref)
	if err != nil {
		return f, c.explain(ctx, i.Ref, err)
	}
	if err := c.isImage(ctx, i.Ref, top); err != nil {
		return f, err
	}
	fetcher, err := resolver.Fetcher(ctx, name)
	if err != nil {
		return f, c.explain(ctx, i.Ref, err)
	}
	children := images.LimitManifests(images.FilterPlatforms(images.ChildrenHandler(f.store), only), only, 1)
	handler := images.HandlerFunc(func(ctx context.Context, d ocispec.Descriptor) ([]ocispec.Descriptor, error) {
		if !wanted(d) {
			return nil, images.ErrSkipDesc
		}
		return images.Handlers(remotes.FetchHandler(f.store, fetcher), children).Handle(ctx, d)
	})
	err = c.patiently(ctx, f.store, i.Ref, func() error {
		return images.Dispatch(ctx, handler, semaphore.NewWeighted(besideEachOther), top)
	})
	if err != nil {
		if _, missing := f.store.Info(ctx, top.Digest); missing == nil {
			if _, err := platformManifest(ctx, f.store, top, only); err != nil {
				return f, fmt.Errorf("%s has no image for %s: %w", i.Ref, i.Platform, err)
			}
		}
		return f, c.explain(ctx, i.Ref, err)
	}
	f.top = top
	if f.manifest, err = platformManifest(ctx, f.store, top, only); err != nil {
		return f, fmt.Errorf("%s has no image for %s: %w", i.Ref, i.Platform, err)
	}
	if f.config, err = images.Config(ctx, f.store, f.manifest, only); err != nil {
		return f, fmt.Errorf("%s has no image for %s: %w", i.Ref, i.Platform, err)
	}
	return f, nil
}

// patiently resumes a pull that was broken off, where it ended. It restarts one whose
// content does not have its digest, once: the partial content may be from a host that
// served something else.
func (c *Client) patiently(ctx context.Context, store content.Store, ref string, pull func() error) (err error) {
	anew := false
	for attempt := 1; ; attempt++ {
		err = pull()
		switch {
		case err != nil && errdefs.IsFailedPrecondition(err):
			if err := abort(ctx, store); err != nil {
				return err
			}
			if anew {
				return err
			}
			anew = true
		case err == nil || attempt == attempts || !brokenOff(err):
			return err
		}
		c.options.Say("pulling %s was broken off (%v): retrying", ref, err)
	}
}

// abort removes partial content.
func abort(ctx context.Context, store content.Store) error {
	parts, err := store.ListStatuses(ctx)
	if err != nil {
		return fmt.Errorf("listing partial content: %w", err)
	}
	for _, part := range parts {
		if err := store.Abort(ctx, part.Ref); err != nil {
			return fmt.Errorf("removing partial content: %w", err)
		}
	}
	return nil
}

// platformManifest returns the manifest that an index names for a platform, or d
// itself if it is a manifest.
func platformManifest(ctx context.Context, store content.Store, d ocispec.Descriptor, only platforms.MatchComparer) (ocispec.Descriptor, error) {
	if images.IsManifestType(d.MediaType) {
		return d, nil
	}
	children, err := images.LimitManifests(images.FilterPlatforms(images.ChildrenHandler(store), only), only, 1).Handle(ctx, d)
	if err != nil {
		return d, err
	}
	if len(children) == 0 {
		return d, errors.New("its index names none")
	}
	return children[0], nil
}

// isImage returns an error if the response is something else, for instance a
// proxy's login page.
func (c *Client) isImage(ctx context.Context, ref string, d ocispec.Descriptor) error {
	if images.IsManifestType(d.MediaType) || images.IsIndexType(d.MediaType) {
		return nil
	}
	return fmt.Errorf("pulling %s from %s: the response is not an image but %q, for instance a login page: %s", ref, c.hostOf(ctx, ref), d.MediaType, remedy)
}
