// SPDX-License-Identifier: Apache-2.0

package goods

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"path"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// registries is where Terraform and OpenTofu look a provider up, and releases
// the host that both send on to for the archives.
var registries = []string{"registry.terraform.io", "registry.opentofu.org"}

const releases = "releases.hashicorp.com"

type document map[string]any

// providers writes what the provider registry protocol asks for, and a mirror.
// The releases are signed by a key that is made for them and then forgotten.
func (s Source) providers(t *tree) error {
	key, err := openpgp.NewEntity("registry-test", "", "", nil)
	if err != nil {
		return fmt.Errorf("making a key to sign providers: %w", err)
	}
	var public bytes.Buffer
	armored, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	if err != nil {
		return fmt.Errorf("encoding the key that signs providers: %w", err)
	}
	t.failed(key.Serialize(armored))
	t.failed(armored.Close())
	keys := document{"gpg_public_keys": []document{{"key_id": key.PrimaryKey.KeyIdString(), "ascii_armor": public.String()}}}
	for _, registry := range registries {
		t.write("files/"+registry+"/.well-known/terraform.json", document{"providers.v1": "/v1/providers/"})
	}
	for name, version := range s.Providers {
		sums := s.release(t, name, version, keys)
		var signature bytes.Buffer
		t.failed(openpgp.DetachSign(&signature, key, bytes.NewReader(sums), nil))
		file := path.Join("files", releases, "terraform-provider-"+name+"_"+version+"_SHA256SUMS")
		t.write(file, sums)
		t.write(file+".sig", signature.Bytes())
	}
	return nil
}

// release writes a provider for all platforms with what the registries say about
// it, and returns the checksums.
func (s Source) release(t *tree, name, version string, keys document) []byte {
	program := "terraform-provider-" + name
	base := program + "_" + version + "_"
	var sums bytes.Buffer
	var listed []document
	protocols := []string{"5.0", "6.0"}
	for _, p := range platforms {
		var archive bytes.Buffer
		zipped := zip.NewWriter(&archive)
		header := &zip.FileHeader{Name: program + "_v" + version, Method: zip.Deflate}
		header.SetMode(0o755)
		file, err := zipped.CreateHeader(header)
		t.failed(err)
		if err == nil {
			_, err = file.Write(t.program(s.Dir, program, p))
			t.failed(err)
		}
		t.failed(zipped.Close())
		archiveName, sum := base+p.system+"_"+p.processor+".zip", fmt.Sprintf("%x", sha256.Sum256(archive.Bytes()))
		fmt.Fprintf(&sums, "%s  %s\n", sum, archiveName)
		listed = append(listed, document{"os": p.system, "arch": p.processor})
		t.write(path.Join("files", releases, archiveName), archive.Bytes())
		for _, registry := range registries {
			t.write(path.Join("providers", registry, "hashicorp", name, archiveName), archive.Bytes())
			t.write(path.Join("files", registry, "v1/providers/hashicorp", name, version, "download", p.system, p.processor), document{
				"protocols": protocols, "os": p.system, "arch": p.processor, "filename": archiveName, "shasum": sum, "signing_keys": keys,
				"download_url": "https://" + releases + "/" + archiveName, "shasums_url": "https://" + releases + "/" + base + "SHA256SUMS",
				"shasums_signature_url": "https://" + releases + "/" + base + "SHA256SUMS.sig",
			})
		}
	}
	for _, registry := range registries {
		t.write(path.Join("files", registry, "v1/providers/hashicorp", name, "versions"),
			document{"versions": []document{{"version": version, "protocols": protocols, "platforms": listed}}})
	}
	return sums.Bytes()
}
