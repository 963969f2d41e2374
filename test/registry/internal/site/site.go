// SPDX-License-Identifier: Apache-2.0

// Package site answers, by host name, for all hosts that a pulled environment
// comes from, or for the mirror of a company. Nothing can be pushed.
package site

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/registry/internal/goods"
)

// Mirror is the host that serves the repositories of all registries below a prefix.
const Mirror = "mirror.example"

// blobs is where registries redirect to for the parts of an image.
const blobs = "blobs.example"

// dockerHub are the hosts that stand for docker.io.
var dockerHub = map[string]bool{name.DefaultRegistry: true, "registry-1.docker.io": true}

// Site is an http.Handler.
type Site struct {
	goods   string
	login   string            // user:password of the mirror
	digests map[string]string // by reference
}

// New returns the site of a folder of goods. With a login it is the mirror.
func New(folder, login string) (*Site, error) {
	s := &Site{folder, login, map[string]string{}}
	index, err := layout.ImageIndexFromPath(filepath.Join(folder, "images"))
	if err != nil {
		return nil, fmt.Errorf("reading the images to serve: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, fmt.Errorf("reading the images to serve: %w", err)
	}
	for _, image := range manifest.Manifests {
		tag, err := name.NewTag(image.Annotations[goods.Reference])
		if err != nil {
			return nil, fmt.Errorf("reading the images to serve: %w", err)
		}
		ref := tag.Name()
		if login != "" {
			ref = Mirror + "/prefix/" + tag.RepositoryStr() + ":" + tag.TagStr()
		}
		s.digests[ref] = image.Digest.String()
	}
	return s, nil
}

func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	log.Printf("%s %s%s", r.Method, host, r.URL)
	if dockerHub[host] {
		host = name.DefaultRegistry
	}
	authorization := r.Header.Get("Authorization")
	switch {
	case !s.isRegistry(host) && authorization != "":
		// The storage behind registries refuses credentials that were meant for them.
		http.Error(w, "this host wants no login", http.StatusBadRequest)
	case host == blobs:
		http.FileServer(http.Dir(filepath.Join(s.goods, "images", "blobs"))).ServeHTTP(w, r)
	case !s.isRegistry(host):
		http.FileServer(http.Dir(filepath.Join(s.goods, "files", host))).ServeHTTP(w, r)
	case s.login != "":
		if user, password, _ := r.BasicAuth(); user+":"+password != s.login {
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", `Basic realm="mirror"`)
			return
		}
		s.image(w, r, host)
	case r.URL.Path == "/token":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"token":"anybody","expires_in":300}`)
	case !strings.HasPrefix(authorization, "Bearer "):
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", fmt.Sprintf(`Bearer realm="https://%s/token",service=%q`, host, host))
	default:
		s.image(w, r, host)
	}
}

func (s *Site) isRegistry(host string) bool {
	for ref := range s.digests {
		if strings.HasPrefix(ref, host+"/") {
			return true
		}
	}
	return false
}

// image answers what a pull asks for: /v2/ alone, to find out whether a login is
// needed, manifests by tag or digest, and blobs by digest. The latter two are
// files of the image layout.
func (s *Site) image(w http.ResponseWriter, r *http.Request, host string) {
	address := strings.Trim(strings.TrimPrefix(r.URL.Path, "/v2"), "/")
	if address == "" {
		return
	}
	repository, wanted, isBlob := strings.Cut(address, "/blobs/")
	if !isBlob {
		repository, wanted, _ = strings.Cut(address, "/manifests/")
	}
	if digest, found := s.digests[host+"/"+repository+":"+wanted]; found {
		wanted = digest
	}
	digest, err := v1.NewHash(wanted)
	if err != nil {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "")
		return
	}
	file := filepath.Join(s.goods, "images", "blobs", digest.Algorithm, digest.Hex)
	kind := "application/octet-stream"
	if isBlob && s.login == "" {
		http.Redirect(w, r, "https://"+blobs+"/"+digest.Algorithm+"/"+digest.Hex, http.StatusTemporaryRedirect)
		return
	}
	if !isBlob {
		if kind, err = mediaType(file); err != nil {
			refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "")
			return
		}
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Docker-Content-Digest", digest.String())
	http.ServeFile(w, r, file)
}

// mediaType returns the media type of a manifest.
func mediaType(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var manifest struct{ MediaType string }
	err = json.Unmarshal(data, &manifest)
	return manifest.MediaType, err
}

func refuse(w http.ResponseWriter, status int, code, challenge string) {
	if challenge != "" {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errors":[{"code":%q}]}`, code)
}
