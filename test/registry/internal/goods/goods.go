// SPDX-License-Identifier: Apache-2.0

// Package goods makes a folder of what a pulled environment comes from:
//
//	images/          OCI image layout; an annotation of each image is its reference
//	files/HOST/PATH  is https://HOST/PATH
//	providers/       file system mirror of Terraform providers
//
// What there is for the platform of this machine is whole. For all others there
// are stand-ins, so that digests and hashes can be pinned for each.
package goods

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Source is what the goods are made from.
type Source struct {
	Dir       string            // folder with node.tar, node.json (its configuration), pods.tar, kind, kubectl and terraform-provider-NAME
	Node      string            // reference of the node image
	Kind      string            // version, without a leading v
	Kubectl   string            // version, without a leading v
	Providers map[string]string // version by name
}

type platform struct{ system, processor string }

var here = platform{"linux", runtime.GOARCH}

var platforms = []platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}

// Fill makes the goods in dir.
func Fill(dir string, s Source) error {
	t := &tree{dir: dir}
	// Each host publishes checksums in a form of its own.
	for _, p := range platforms {
		name := fmt.Sprintf("kind-%s-%s", p.system, p.processor)
		file, content := filepath.Join("files/kind.sigs.k8s.io/dl/v"+s.Kind, name), t.program(s.Dir, "kind", p)
		t.write(file, content)
		t.write(file+".sha256sum", fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(content), name))

		file, content = filepath.Join("files/dl.k8s.io/release/v"+s.Kubectl, "bin", p.system, p.processor, "kubectl"), t.program(s.Dir, "kubectl", p)
		t.write(file, content)
		t.write(file+".sha256", fmt.Appendf(nil, "%x", sha256.Sum256(content)))
	}
	t.failed(s.providers(t))
	t.failed(s.images(filepath.Join(dir, "images")))
	return t.err
}

// tree writes files into a folder until something fails.
type tree struct {
	dir string
	err error
}

func (t *tree) failed(err error) { t.err = errors.Join(t.err, err) }

// program reads a program, or makes up a stand-in for another platform.
func (t *tree) program(dir, name string, p platform) []byte {
	if p != here {
		return fmt.Appendf(nil, "%s for %s on %s\n", name, p.system, p.processor)
	}
	content, err := os.ReadFile(filepath.Join(dir, name))
	t.failed(err)
	return content
}

// write writes bytes as they are, and everything else as JSON.
func (t *tree) write(path string, content any) {
	data, raw := content.([]byte)
	if !raw {
		var err error
		data, err = json.Marshal(content)
		t.failed(err)
	}
	file := filepath.Join(t.dir, path)
	t.failed(os.MkdirAll(filepath.Dir(file), 0o755))
	t.failed(os.WriteFile(file, data, 0o644))
}
