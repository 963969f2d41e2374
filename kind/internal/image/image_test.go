// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func debianTree(t *testing.T) string {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "tree.tar")
	file, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := tar.NewWriter(file)
	for name, content := range map[string]string{"./usr/bin/tool": "tool", "./usr/share/doc/tool/readme": "words"} {
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return archive
}

func TestWriteRoundTrip(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("binary"), 0o644); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "image.tar")
	err := Write(archive, Spec{
		Ref:  "example.org/thing:1",
		Tree: &Tree{Archive: debianTree(t), Exclude: []string{"usr/share/doc/"}},
		Files: []File{
			{Path: "/usr/bin/program", Source: program, Capabilities: CapNetBindService},
			{Path: "/etc/conf", Content: "x = 1\n", Mode: 0o644, UID: 101, GID: 1001},
			{Path: "/usr/bin/alias", Link: "program"},
		},
		Entrypoint: []string{"/usr/bin/program"}, User: "101:1001",
	})
	if err != nil {
		t.Fatal(err)
	}
	tag := name.MustParseReference("example.org/thing:1").(name.Tag)
	loaded, err := tarball.ImageFromPath(archive, &tag)
	if err != nil {
		t.Fatal(err)
	}
	config, err := loaded.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.Config.User != "101:1001" || config.Config.Entrypoint[0] != "/usr/bin/program" {
		t.Errorf("config is %+v", config.Config)
	}

	entries := map[string]*tar.Header{}
	files := mutate.Extract(loaded)
	defer files.Close()
	for in := tar.NewReader(files); ; {
		header, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		entries[header.Name] = header
	}
	if len(entries) != 4 {
		t.Errorf("the image holds %d entries, want 4 (the excluded file is not one)", len(entries))
	}
	if entries["usr/bin/tool"] == nil || entries["usr/bin/alias"].Linkname != "program" {
		t.Errorf("entries are %v", entries)
	}
	if got := entries["etc/conf"]; got.Uid != 101 || got.Gid != 1001 || got.Mode != 0o644 {
		t.Errorf("owner or mode of etc/conf is wrong: %+v", got)
	}
	// What setcap cap_net_bind_service=+ep writes.
	want := "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	if got := entries["usr/bin/program"].PAXRecords["SCHILY.xattr.security.capability"]; got != want {
		t.Errorf("capability attribute is %q, want %q", got, want)
	}
}

func TestWriteIsReproducible(t *testing.T) {
	var sums [2][]byte
	for i := range sums {
		archive := filepath.Join(t.TempDir(), "image.tar")
		if err := Write(archive, Spec{Ref: "example.org/thing:1", Files: []File{{Path: "/a", Content: "a"}}}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(archive)
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = data
	}
	if string(sums[0]) != string(sums[1]) {
		t.Error("two archives of one image differ")
	}
}
