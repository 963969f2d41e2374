// SPDX-License-Identifier: Apache-2.0

package images

import (
	"archive/tar"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// The image of each platform has that platform's program, and runs without root.
func TestEachPlatformGetsItsProgram(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	files := map[string]string{}
	for _, platform := range []string{"linux/amd64", "linux/arm64"} {
		files[platform] = filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(files[platform], []byte("for "+platform), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	reference := strings.TrimPrefix(server.URL, "http://") + "/project/adapter:1.2.3"
	var digests []string
	for range 2 {
		index, err := Index("adapter", "1.2.3", files)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := Push(t.Context(), index, reference)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("the same files have the digests %q", digests)
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	for platform := range files {
		p, err := v1.ParsePlatform(platform)
		if err != nil {
			t.Fatal(err)
		}
		pulled, err := remote.Image(ref, remote.WithPlatform(*p), remote.WithContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		config, err := pulled.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Architecture != p.Architecture || config.Config.User != user || !slices.Equal(config.Config.Entrypoint, []string{"/adapter"}) {
			t.Errorf("%s: the configuration is %+v", platform, config)
		}
		layers := mutate.Extract(pulled)
		in := tar.NewReader(layers)
		header, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil || header.Name != "adapter" || header.Mode != 0o755 || string(content) != "for "+platform {
			t.Errorf("%s: the image has %s, mode %o, with %q (%v)", platform, header.Name, header.Mode, content, err)
		}
		layers.Close()
	}
}

func TestOnlyLinux(t *testing.T) {
	if _, err := Compile(t.Context(), ".", t.TempDir(), "adapter", "windows/amd64"); err == nil || !strings.Contains(err.Error(), `platform "windows/amd64"`) {
		t.Errorf("error is %v, want one that names the platform", err)
	}
}
