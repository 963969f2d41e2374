// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
)

func TestMinor(t *testing.T) {
	for version, want := range map[string]int{
		"0.33.0": 33, "v1.37.2": 37, "kind v0.33.0 go1.26.8 linux/amd64": 33, "": -10, "none": -10,
		"{\n  \"clientVersion\": {\n    \"gitVersion\": \"v1.36.4\"": 36,
	} {
		if got := minor(version); got != want {
			t.Errorf("%q: got %d, want %d", version, got, want)
		}
	}
}

// A program of the machine is taken if its version fits, else the published one, if its
// SHA-256 is the expected one.
func TestBring(t *testing.T) {
	const published = "published\n"
	sum := sha256.Sum256([]byte(published))
	served := hex.EncodeToString(sum[:])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		switch {
		case strings.HasSuffix(r.URL.Path, ".sha256sum"): // as kind does
			fmt.Fprintf(w, "%s  kind-linux-amd64\n", served)
		case strings.HasSuffix(r.URL.Path, ".sha256"):
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, published)
		}
	}))
	t.Cleanup(server.Close)
	client, err := registry.New(registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		installed string // version; empty for none
		pinned    string
		want      string // content of the program, or part of the error
	}{
		"fits":                     {"v0.33.1", "", "echo v0.33.1"},
		"too old":                  {"v0.20.0", "", published},
		"none, and pinned":         {"", served, published},
		"none, and another pinned": {"", strings.Repeat("0", 64), "its SHA-256 is " + served},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			if tt.installed != "" {
				if err := os.WriteFile(filepath.Join(bin, "kind"), []byte("#!/bin/sh\necho "+tt.installed+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			program := publishedProgram{name: "kind", address: server.URL + "/kind-linux-amd64", fits: func(has string) bool { return minor(has) == 33 }}
			s := &Supply{
				Registry: client, Run: command.Runner{Env: []string{"PATH=" + bin}}, Detail: func(string, ...any) {}, Say: t.Logf,
				Pins: &pins.Pins{Digests: pins.Digests{Programs: map[string]string{program.address: tt.pinned}}},
			}
			file := filepath.Join(t.TempDir(), "kind")
			err := s.bring(t.Context(), program, file)
			got, _ := os.ReadFile(file)
			if err != nil {
				got = []byte(err.Error())
			}
			if !strings.Contains(string(got), tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Another image of the same name is replaced in the engine.
func TestLoadNode(t *testing.T) {
	for name, tt := range map[string]struct {
		id    string
		loads bool
	}{
		"not there": {"", true}, "another": {"sha256:c", true}, "as podman names it": {"b", false}, "as Docker names it": {"sha256:b", false}, "as Docker's newer store does": {"sha256:a", false},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			log := filepath.Join(bin, "log")
			script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = load ] && echo load >> %s\n[ \"$1\" = image ] && { [ -n '%s' ] && echo '%s' || exit 1; }\nexit 0\n", log, tt.id, tt.id)
			if err := os.WriteFile(filepath.Join(bin, "docker"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			s, err := New(t.Context(), filepath.Join("..", "..", ".."), t.TempDir(), command.Runner{Env: os.Environ()})
			if err != nil {
				t.Fatal(err)
			}
			node := s.PulledNode()
			if err := os.MkdirAll(s.Store.Path(node.Spec), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(s.Store.Path(node.Spec), imageFacts), []byte(`{"digest":"sha256:i","manifest":"sha256:a","config":"sha256:b"}`), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := s.LoadNode(t.Context(), &engine.Engine{Name: "docker", Run: command.Runner{Env: []string{"PATH=" + bin}}}, node); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(log); (err == nil) != tt.loads {
				t.Errorf("loaded: %t, want %t", err == nil, tt.loads)
			}
		})
	}
}

// Terraform and OpenTofu pull the same providers, which serve both.
func TestOneMirrorForTerraformAndOpenTofu(t *testing.T) {
	s, err := New(t.Context(), filepath.Join("..", "..", ".."), t.TempDir(), command.Runner{Env: os.Environ()})
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	// Like init, it links providers to the person's own cache.
	script := fmt.Sprintf(`#!/bin/sh
for name in helm kubernetes; do
  version=$(sed -n "/hashicorp\/$name/{n;s/.*\"\(.*\)\"/\1/p;}" versions.tf)
  dir=.terraform/providers/registry.example.org/hashicorp/$name/$version
  mkdir -p $dir %[1]s/$name && echo program > %[1]s/$name/terraform-provider-$name && ln -s %[1]s/$name $dir/%[2]s_%[3]s
done
`, t.TempDir(), runtime.GOOS, runtime.GOARCH)
	if err := os.WriteFile(filepath.Join(bin, "tofu"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	tofu := s.pulledProviders(filepath.Join(bin, "tofu"))
	if terraform := s.pulledProviders("terraform"); tofu.Key != terraform.Key {
		t.Errorf("keys are %s and %s", tofu.Key, terraform.Key)
	}
	dir, err := s.Store.Ensure(t.Context(), tofu)
	if err != nil {
		t.Fatal(err)
	}
	for name, version := range s.Pins.RegistryProviders {
		file := filepath.Join(dir, "hashicorp", name, version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-"+name)
		if data, err := os.ReadFile(file); err != nil || string(data) != "program\n" {
			t.Errorf("%s is %q (%v)", name, data, err)
		}
		s.Pins.Digests.Providers[pins.ProviderKey(name, version, runtime.GOOS+"_"+runtime.GOARCH)] = "h1:another"
	}
	if _, err := s.Store.Ensure(t.Context(), s.pulledProviders(filepath.Join(bin, "tofu"))); err == nil || !strings.Contains(err.Error(), "is not the one that is pinned") {
		t.Errorf("another build was accepted: %v", err)
	}
}
