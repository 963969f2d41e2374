// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const (
	ref      = "docker.io/team/service:v1"
	platform = "linux/arm64"
)

// fixture is a registry that serves one image for two platforms below a prefix, like
// a company's mirror.
type fixture struct {
	*httptest.Server
	index  v1.Hash
	arm    v1.Image
	before atomic.Pointer[interceptor] // sees each request first; may be nil
}

// interceptor answers in place of the registry, or passes the request on.
type interceptor func(w http.ResponseWriter, r *http.Request, next http.Handler)

func (f *fixture) intercept(by interceptor) { f.before.Store(&by) }

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{}
	registry := ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)))
	f.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range") // this registry does not support ranges without an end, and may answer with all
		if before := f.before.Load(); before != nil {
			(*before)(w, r, registry)
			return
		}
		registry.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	index := v1.ImageIndex(empty.Index)
	for _, architecture := range []string{"amd64", "arm64"} {
		image, err := random.Image(64<<10, 2)
		if err != nil {
			t.Fatal(err)
		}
		image, err = mutate.ConfigFile(image, &v1.ConfigFile{OS: "linux", Architecture: architecture, RootFS: must(image.ConfigFile()).RootFS})
		if err != nil {
			t.Fatal(err)
		}
		f.arm = image
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}})
	}
	f.index = must(index.Digest())
	target, err := name.ParseReference(f.host() + "/mirror/team/service:v1")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(target, index, remote.WithTransport(f.Client().Transport)); err != nil {
		t.Fatal(err)
	}
	return f
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (f *fixture) host() string { return strings.TrimPrefix(f.URL, "https://") }

// client returns a client for which the fixture is the mirror.
func (f *fixture) client(t *testing.T, change func(*Options)) *Client {
	t.Helper()
	dir := t.TempDir()
	ca := filepath.Join(dir, "ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{CA: ca, Hosts: filepath.Join(dir, "certs.d"), Content: filepath.Join(dir, "content"), Keys: authn.NewMultiKeychain(), Silence: time.Minute}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.WriteHosts(o.Hosts, f.host()+"/mirror", false); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPullByAMirror(t *testing.T) {
	f := newFixture(t)
	var asked atomic.Value
	f.intercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		asked.Store(r.URL.Query().Get("ns"))
		next.ServeHTTP(w, r)
	})
	c := f.client(t, nil)
	file := filepath.Join(t.TempDir(), "image.tar")
	pulled, err := c.Pull(t.Context(), Image{Ref: ref, Digest: f.index.String(), Platform: platform}, file)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Pulled{f.index.String(), must(f.arm.Digest()).String(), must(f.arm.ConfigName()).String()}); pulled != want {
		t.Errorf("pulled %+v, want %+v", pulled, want)
	}
	if asked.Load() != "docker.io" {
		t.Errorf("the mirror got ns=%q, want the registry that it stands for", asked.Load())
	}
	tag := must(name.NewTag(ref))
	image, err := tarball.ImageFromPath(file, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := must(image.ConfigName()), must(f.arm.ConfigName()); got != want {
		t.Errorf("the archive holds %s, want %s", got, want)
	}
	if c.Read() < 128<<10 {
		t.Errorf("%d bytes were counted, want at least those of the two layers", c.Read())
	}
	if got, err := c.Digest(t.Context(), ref); err != nil || got != f.index.String() {
		t.Errorf("the tag names %s (%v), want %s", got, err, f.index)
	}
}

// Ask reads everything but the layers.
func TestAskReadsNoLayer(t *testing.T) {
	f := newFixture(t)
	c := f.client(t, nil)
	if err := c.Ask(t.Context(), Image{Ref: ref, Platform: platform}); err != nil {
		t.Error(err)
	}
	if c.Read() > 32<<10 {
		t.Errorf("%d bytes were read", c.Read())
	}
}

type login struct{ user, password string }

func (l login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: l.user, Password: l.password}, nil
}

func TestPullWithTheEnginesLogin(t *testing.T) {
	f := newFixture(t)
	f.intercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="mirror"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
	c := f.client(t, func(o *Options) { o.Keys = login{"me", "secret"} })
	if _, err := c.Pull(t.Context(), Image{Ref: ref, Platform: platform}, filepath.Join(t.TempDir(), "image.tar")); err != nil {
		t.Error(err)
	}
}

// answer answers every request whose path contains part.
func answer(part string, with http.HandlerFunc) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.Contains(r.URL.Path, part) {
			with(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// A permanent fault of a registry is reported with the host, the image, the status
// and the remedy, and leaves nothing behind.
func TestFaultsThatStay(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>Please log in")
	}))
	t.Cleanup(page.Close)
	for name, tt := range map[string]struct {
		part string
		with http.HandlerFunc
		want []string
	}{
		"401":                         {"/v2/", status(401, "WWW-Authenticate", `Basic realm="x"`), []string{"401", "docker login"}},
		"403":                         {"/v2/", status(403), []string{"403", "a proxy forbids it"}},
		"404":                         {"/manifests/", status(404), []string{"404", "prefix of REGISTRY_MIRROR"}},
		"429, for an hour":            {"/manifests/", status(429, "Retry-After", "3600"), []string{"429", "Retry-After: 3600", "docker login"}},
		"503":                         {"/manifests/", status(503, "Retry-After", "0"), []string{"503", "SOURCE=build"}},
		"a redirect to a page":        {"/manifests/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, page.URL, http.StatusFound) }, []string{"text/html", "a login page"}},
		"a page in place of a layer":  {"/blobs/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, page.URL, http.StatusFound) }, []string{"ended too soon"}},
		"a blob with another content": {"/blobs/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, []string{"does not match its digest"}},
		"a connection that ends in the middle": {"/blobs/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "the beginning")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, []string{"ended too soon"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.intercept(answer(tt.part, tt.with))
			file := filepath.Join(t.TempDir(), "image.tar")
			_, err := f.client(t, nil).Pull(t.Context(), Image{Ref: ref, Digest: digestUnless(name == "a redirect to a page", f), Platform: platform}, file)
			if err == nil {
				t.Fatal("it was pulled")
			}
			for _, want := range append(tt.want, f.host(), ref) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

// Where a digest is pinned, a page is already detected by its digest.
func digestUnless(not bool, f *fixture) string {
	if not {
		return ""
	}
	return f.index.String()
}

// After a transient fault the pull waits as long as the registry asks, and succeeds.
// A request that comes sooner is refused again.
func TestFaultsThatPass(t *testing.T) {
	for name, tt := range map[string]struct {
		part string
		with func(http.ResponseWriter, *http.Request, http.Handler)
	}{
		"429": {"/manifests/", func(w http.ResponseWriter, r *http.Request, _ http.Handler) { status(429, "Retry-After", "1")(w, r) }},
		"503": {"/manifests/", func(w http.ResponseWriter, r *http.Request, _ http.Handler) { status(503, "Retry-After", "1")(w, r) }},
		"a connection that ends in the middle": {"/blobs/", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			writeHalf(w, r, next)
			panic(http.ErrAbortHandler)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			var failed atomic.Bool
			var until atomic.Pointer[time.Time]
			f.intercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if strings.Contains(r.URL.Path, tt.part) {
					end := time.Now().Add(time.Second)
					first := failed.CompareAndSwap(false, true)
					if first {
						until.Store(&end)
					}
					if first || tt.part == "/manifests/" && time.Now().Before(*until.Load()) {
						tt.with(w, r, next)
						return
					}
				}
				next.ServeHTTP(w, r)
			})
			if _, err := f.client(t, nil).Pull(t.Context(), Image{Ref: ref, Digest: f.index.String(), Platform: platform}, filepath.Join(t.TempDir(), "image.tar")); err != nil {
				t.Error(err)
			}
			if !failed.Load() {
				t.Error("nothing failed")
			}
		})
	}
}

// Partial content from a host that served something else does not break a later pull
// from one that serves the image.
func TestAWrongBeginningIsForgotten(t *testing.T) {
	for name, length := range map[string]int{"in part": 1000, "whole": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c := f.client(t, nil)
			f.intercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if !strings.Contains(r.URL.Path, "/blobs/") {
					next.ServeHTTP(w, r)
					return
				}
				recorder := httptest.NewRecorder()
				next.ServeHTTP(recorder, r)
				size := recorder.Body.Len()
				w.Header().Set("Content-Length", fmt.Sprint(size))
				if length != 0 {
					size = min(size-1, length)
				}
				_, _ = w.Write(make([]byte, size))
			})
			file, image := filepath.Join(t.TempDir(), "image.tar"), Image{Ref: ref, Digest: f.index.String(), Platform: platform}
			if _, err := c.Pull(t.Context(), image, file); err == nil {
				t.Fatal("wrong content was accepted as the image")
			}
			f.before.Store(nil)
			if _, err := c.Pull(t.Context(), image, file); err != nil {
				t.Error(err)
			}
		})
	}
}

// writeHalf writes the first half of an answer, and returns the second.
func writeHalf(w http.ResponseWriter, r *http.Request, next http.Handler) []byte {
	recorder := httptest.NewRecorder()
	next.ServeHTTP(recorder, r)
	data := recorder.Body.Bytes()
	w.Header().Set("Content-Length", fmt.Sprint(len(data)))
	_, _ = w.Write(data[:len(data)/2])
	w.(http.Flusher).Flush()
	return data[len(data)/2:]
}

// A response that stops is given up; one that is only slow is not.
func TestSlowAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		silence time.Duration
		fails   bool
	}{"stops": {200 * time.Millisecond, true}, "is slow": {time.Minute, false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			ended := make(chan struct{})
			t.Cleanup(func() { close(ended) })
			f.intercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if !strings.Contains(r.URL.Path, "/blobs/") {
					next.ServeHTTP(w, r)
					return
				}
				rest := writeHalf(w, r, next)
				if tt.fails {
					select {
					case <-r.Context().Done():
					case <-ended:
					}
					return
				}
				_, _ = w.Write(rest)
			})
			_, err := f.client(t, func(o *Options) { o.Silence = tt.silence }).Pull(t.Context(), Image{Ref: ref, Platform: platform}, filepath.Join(t.TempDir(), "image.tar"))
			if tt.fails != (err != nil && strings.Contains(err.Error(), "stopped in the middle")) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWithoutItsAuthorityAHostIsNotTrusted(t *testing.T) {
	f := newFixture(t)
	_, err := f.client(t, func(o *Options) { o.CA = "" }).Pull(t.Context(), Image{Ref: ref, Platform: platform}, filepath.Join(t.TempDir(), "image.tar"))
	if err == nil || !strings.Contains(err.Error(), "REGISTRY_CA=file") {
		t.Errorf("got %v, want REGISTRY_CA to be named", err)
	}
}

func TestNoImageForThePlatform(t *testing.T) {
	f := newFixture(t)
	_, err := f.client(t, nil).Pull(t.Context(), Image{Ref: ref, Platform: "linux/s390x"}, filepath.Join(t.TempDir(), "image.tar"))
	if err == nil || !strings.Contains(err.Error(), ref+" has no image for linux/s390x") {
		t.Errorf("got %v", err)
	}
}

// A proxy named by the environment is used. The library reads the environment once,
// so the pull runs in a process of its own: this test again.
func TestPullByAProxy(t *testing.T) {
	if ca := os.Getenv("TEST_PULL_CA"); ca != "" {
		c, err := New(Options{CA: ca, Content: t.TempDir(), Keys: authn.NewMultiKeychain()})
		if err != nil {
			t.Fatal(err)
		}
		// The certificate of the test's servers is for this name.
		if _, err := c.Pull(t.Context(), Image{Ref: "example.com/mirror/team/service:v1", Platform: platform}, filepath.Join(t.TempDir(), "image.tar")); err != nil {
			t.Fatal(err)
		}
		return
	}
	f := newFixture(t)
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.Host)
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		to, err := net.Dial("tcp", f.host())
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		_, _ = io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from) }()
		_, _ = io.Copy(from, to)
	}))
	t.Cleanup(proxy.Close)
	ca := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPullByAProxy$")
	again.Env = append(os.Environ(), "TEST_PULL_CA="+ca, "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	if output, err := again.CombinedOutput(); err != nil || asked.Load() != "CONNECT example.com:443" {
		t.Errorf("the proxy was asked for %v, and the pull ended with %v\n%s", asked.Load(), err, output)
	}
}

func TestDownload(t *testing.T) {
	const content, sum = "a program\n", "8c304c3a2ac9924f351532af4cc90c1b6198e9cc578d70a6bca945c7300116a8"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/program":
			w.Header().Set("Content-Type", "application/octet-stream")
			_, _ = io.WriteString(w, content)
		case "/other":
			_, _ = io.WriteString(w, "another program")
		case "/program.sha256sum":
			_, _ = io.WriteString(w, strings.Repeat("ab", 32)+"  program\n")
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>Please log in")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	c, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "program")
	for path, want := range map[string]string{
		"/other": "its SHA-256 is", "/page": "answered with a page", "/missing": "404",
	} {
		if err := c.Download(t.Context(), server.URL+path, sum, file, 0o755); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
		if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
			t.Errorf("%s left %v", path, left)
		}
	}
	if got, err := c.Sum(t.Context(), server.URL+"/program.sha256sum"); err != nil || got != strings.Repeat("ab", 32) {
		t.Errorf("got %q and %v", got, err)
	}
	if _, err := c.Sum(t.Context(), server.URL+"/program"); err == nil {
		t.Error("a program was accepted as a SHA-256")
	}
	if err := c.Download(t.Context(), server.URL+"/program", sum, file, 0o755); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != content {
		t.Errorf("downloaded %q (%v)", data, err)
	}
}
