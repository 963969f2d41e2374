// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

const root = "../../.."

// Terraform installs the provider from the tree, starts it, and refuses an archive that was changed on the way.
func TestInit(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux does Terraform take an authority from SSL_CERT_FILE")
	}
	terraform, err := tfdev.Find()
	if err != nil {
		t.Fatal(err)
	}
	// Without the flags of a release, so that most of it has been compiled for other tests.
	built := filepath.Join(t.TempDir(), "provider")
	if _, err := tfdev.Output(t.Context(), root, nil, "go", "build", "-o", built, "./provider"); err != nil {
		t.Fatal(err)
	}
	archive, err := Pack(root, t.TempDir(), "1.2.3", runtime.GOOS+"_"+runtime.GOARCH, built)
	if err != nil {
		t.Fatal(err)
	}
	tree := t.TempDir()
	if err := Add(tree, "1.2.3", []string{archive}, ""); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(http.FileServer(http.Dir(tree)))
	t.Cleanup(server.Close)

	for _, host := range hosts { // Terraform may ask for either
		t.Run(host, func(t *testing.T) { requireInstalls(t, terraform, server, tree, host) })
	}
}

func requireInstalls(t *testing.T, terraform string, server *httptest.Server, tree, host string) {
	dir := t.TempDir()
	here := strings.NewReplacer(`"`+tfdev.Source+`"`, `"`+host+"/"+tfdev.Source+`"`)
	write(t, filepath.Join(dir, "main.tf"), here.Replace(tfdev.RequiredProviders))
	write(t, filepath.Join(dir, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	write(t, filepath.Join(dir, "terraform.rc"), here.Replace(documented(t, server.URL+"/")))
	env := []string{"SSL_CERT_FILE=" + filepath.Join(dir, "ca.pem"), "TF_CLI_CONFIG_FILE=" + filepath.Join(dir, "terraform.rc"), "CHECKPOINT_DISABLE=1"}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_") && !strings.HasPrefix(entry, "SSL_CERT_") {
			env = append(env, entry)
		}
	}
	if _, err := tfdev.Output(t.Context(), dir, env, terraform, "init", "-no-color"); err != nil {
		t.Fatal(err)
	}
	schema, err := tfdev.Output(t.Context(), dir, env, terraform, "providers", "schema", "-json")
	if err != nil || !strings.Contains(string(schema), `"promadapter_rule"`) {
		t.Errorf("the installed provider does not start: %v", err)
	}
	lock, err := os.ReadFile(filepath.Join(dir, ".terraform.lock.hcl"))
	if err != nil || !strings.Contains(string(lock), host) || !strings.Contains(string(lock), `"1.2.3"`) {
		t.Errorf("the lock file does not have the version: %v\n%s", err, lock)
	}

	file := filepath.Join(folder(tree, host), "1.2.3.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.NewReplacer("h1:", "h1:x", "zh:", "zh:0").Replace(string(text)))
	for _, left := range []string{".terraform", ".terraform.lock.hcl"} {
		if err := os.RemoveAll(filepath.Join(dir, left)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tfdev.Output(t.Context(), dir, env, terraform, "init", "-no-color"); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("with other hashes: error is %v, want one about checksums", err)
	}
}

// Compiling for all platforms takes minutes, and CI does it. That each has the sources of all packages takes seconds.
func TestEveryPlatformHasSources(t *testing.T) {
	for _, platform := range Platforms {
		system, architecture, _ := strings.Cut(platform, "_")
		env := append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+architecture)
		if _, err := tfdev.Output(t.Context(), root, env, "go", "list", "-deps", "./provider"); err != nil {
			t.Errorf("%s: %v", platform, err)
		}
	}
}

// documented is the configuration that the docs name, with another address.
func documented(t *testing.T, address string) string {
	t.Helper()
	page, err := os.ReadFile(root + "/docs/release.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```hcl\nprovider_installation")
	block, _, ok := strings.Cut(rest, "```")
	published := regexp.MustCompile(`"https://[^"]*/"`)
	if !ok || !published.MatchString(block) {
		t.Fatal("docs/release.md has no provider_installation with a URL that ends in /")
	}
	return "provider_installation" + published.ReplaceAllLiteralString(block, `"`+address+`"`)
}

func TestVersionsStayAndArchivesMayBeElsewhere(t *testing.T) {
	tree, dir := t.TempDir(), t.TempDir()
	pack := func(version string) string {
		built := filepath.Join(dir, "provider")
		write(t, built, "a program, "+version)
		archive, err := Pack(root, dir, version, "windows_amd64", built)
		if err != nil {
			t.Fatal(err)
		}
		return archive
	}
	if err := Add(tree, "0.1.0", []string{pack("0.1.0")}, ""); err != nil {
		t.Fatal(err)
	}
	if err := Add(tree, "0.2.0", []string{pack("0.2.0")}, "https://example.org/v0.2.0/"); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		hosts[0]: "terraform-provider-promadapter_0.1.0_windows_amd64.zip",
		hosts[1]: "../../../registry.terraform.io/nginx-prometheus-hpa/promadapter/terraform-provider-promadapter_0.1.0_windows_amd64.zip",
	} {
		home := folder(tree, host)
		var versions index
		read(t, filepath.Join(home, "index.json"), &versions)
		if len(versions.Versions) != 2 {
			t.Errorf("%s lists %v, want 0.1.0 and 0.2.0", host, versions.Versions)
		}
		var first, second release
		read(t, filepath.Join(home, "0.1.0.json"), &first)
		read(t, filepath.Join(home, "0.2.0.json"), &second)
		if got := first.Archives["windows_amd64"].URL; got != want {
			t.Errorf("%s: the archive is at %q, want %q", host, got, want)
		}
		if _, err := os.Stat(filepath.Join(home, first.Archives["windows_amd64"].URL)); err != nil {
			t.Error(err)
		}
		if got := second.Archives["windows_amd64"].URL; got != "https://example.org/v0.2.0/terraform-provider-promadapter_0.2.0_windows_amd64.zip" {
			t.Errorf("%s: the archive elsewhere is at %q", host, got)
		}
	}
	if copies, err := filepath.Glob(filepath.Join(tree, "*", "*", "*", "*.zip")); err != nil || len(copies) != 1 {
		t.Errorf("the tree holds %q, want the archive of 0.1.0 once (%v)", copies, err)
	}
}

func TestBadInput(t *testing.T) {
	for want, add := range map[string]func() error{
		`version "v1.0.0": use a version without a leading v`: func() error { return Add(t.TempDir(), "v1.0.0", nil, "") },
		"version 1.0.0: there is no archive of it":            func() error { return Add(t.TempDir(), "1.0.0", nil, "") },
		`archive "other.zip": want a name like`:               func() error { return Add(t.TempDir(), "1.0.0", []string{"other.zip"}, "") },
		`link "http://example.org": use an https URL`:         func() error { return Add(t.TempDir(), "1.0.0", nil, "http://example.org") },
		`platform "plan9_amd64": use one of darwin_amd64, `:   func() error { _, err := ParsePlatforms("linux_amd64,plan9_amd64"); return err },
	} {
		if err := add(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q in it", err, want)
		}
	}
}

// A release has archives for the platforms that a mirror is made for.
func TestPlatformsAreThoseOfARelease(t *testing.T) {
	var file struct {
		Builds []struct {
			GOOS, GOARCH []string
			Ignore       []struct{ GOOS, GOARCH string }
		}
	}
	text, err := os.ReadFile("../../.goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, system := range file.Builds[0].GOOS {
		for _, architecture := range file.Builds[0].GOARCH {
			if !slices.Contains(file.Builds[0].Ignore, struct{ GOOS, GOARCH string }{system, architecture}) {
				want = append(want, system+"_"+architecture)
			}
		}
	}
	slices.Sort(want)
	if !slices.Equal(Platforms, want) {
		t.Errorf("platforms are %q, and .goreleaser.yml has %q", Platforms, want)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
