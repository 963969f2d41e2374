// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// checkout has the sources of Prometheus' pages.
var checkout = map[string]string{
	standInPage: "rate(requests[" + windowMark + "s])",
	"terraform/environments/kind/variables.tf": "variable \"rate_window_seconds\" {\n  default = 7\n}\n",
	"kind/tools/prometheus-ui/package.json":    "{}",
	"kind/tools/cluster/go.mod":                "module tools\n",
}

// The programs that build the interface, as far as the recipe is concerned.
const (
	workingNPM = "#!/bin/sh\n[ \"$1 $2\" = 'ci --ignore-scripts' ] && mkdir -p node_modules/.bin && printf '#!/bin/sh\\n[ \"$1 $2 $3\" = \"install --frozen-lockfile --ignore-scripts\" ]' >node_modules/.bin/pnpm && chmod +x node_modules/.bin/pnpm\n"
	brokenNPM  = "#!/bin/sh\necho 'npm error code ECONNREFUSED' >&2\nexit 1\n"
	buildUI    = "mkdir -p static/mantine-ui/assets && echo page >static/mantine-ui/index.html && echo script >static/mantine-ui/assets/index.js && echo list >static/mantine-ui/manifest.json\n"
)

func writeAll(t *testing.T, root string, mode os.FileMode, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
}

// supplyWith returns a supply whose only npm is the given script, none if it is empty,
// and the lines it prints.
func supplyWith(t *testing.T, npm string) (*Supply, *[]string) {
	t.Helper()
	root, cache, bin, module := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	writeAll(t, root, 0o644, checkout)
	sources := map[string]string{"web/ui/build_ui.sh": buildUI}
	for _, e := range uiEdits {
		sources["web/ui/"+e.file] += e.before + "\n"
	}
	writeAll(t, module, 0o444, sources) // like a module cache
	programs := map[string]string{"go": "#!/bin/sh\necho " + module + "\n"}
	if npm != "" {
		programs["npm"] = npm
	}
	writeAll(t, bin, 0o755, programs)
	for _, name := range []string{"sh", "bash", "mkdir", "chmod"} {
		path, err := command.Runner{Env: os.Environ()}.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	said := &[]string{}
	return &Supply{
		Root: root, Cache: cache, Store: artefact.NewStore(cache), Pins: &pins.Pins{}, Run: command.Runner{Env: []string{"PATH=" + bin}},
		Say: func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) },
	}, said
}

// Prometheus' own interface is built if there is npm. Without npm, or if its registry
// does not answer, up continues with the stand-in.
func TestWebFiles(t *testing.T) {
	interfaceFiles := []string{"/mantine-ui/assets/index.js", "/mantine-ui/index.html", "/mantine-ui/manifest.json"}
	for name, tt := range map[string]struct {
		npm      string
		paths    []string
		promised bool // whether the key before the build is the final one
		says     string
	}{
		"npm works":         {workingNPM, interfaceFiles, true, ""},
		"npm fails":         {brokenNPM, []string{"/mantine-ui/index.html"}, false, "running npm ci"},
		"there is no npm":   {"", []string{"/mantine-ui/index.html"}, true, "there is no npm here"},
		"the recipe breaks": {strings.Replace(workingNPM, `[ "$1 $2 $3" =`, `[ no =`, 1), []string{"/mantine-ui/index.html"}, false, "running pnpm install"},
	} {
		t.Run(name, func(t *testing.T) {
			s, said := supplyWith(t, tt.npm)
			pages, err := s.webPages()
			if err != nil {
				t.Fatal(err)
			}
			files, key, err := s.webFiles(t.Context(), pages)
			if err != nil {
				t.Fatal(err)
			}
			if got := paths(files); got != strings.Join(tt.paths, " ") {
				t.Errorf("got %s, want %s", got, tt.paths)
			}
			if (key == pages.key()) != tt.promised {
				t.Errorf("the key is %s, and was %s before the build", key, pages.key())
			}
			if all := strings.Join(*said, "\n"); !strings.Contains(all, tt.says) || tt.says == "" && all != "" {
				t.Errorf("said %q, want %q", all, tt.says)
			}
			if len(files) == 1 && files[0].Content != "rate(requests[7s])" {
				t.Errorf("the stand-in is %q", files[0].Content)
			}
			if left, _ := os.ReadDir(filepath.Join(s.Cache, "work")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func paths(files []image.File) string {
	var all []string
	for _, file := range files {
		all = append(all, file.Path)
	}
	return strings.Join(all, " ")
}

// An interrupt is not a reason for the stand-in.
func TestWebFilesInterrupted(t *testing.T) {
	s, said := supplyWith(t, workingNPM)
	pages, err := s.webPages()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if files, _, err := s.webFiles(ctx, pages); err == nil || len(*said) > 0 {
		t.Errorf("got %s, said %q", paths(files), *said)
	}
}

// An interface that was built stays in use when npm is gone.
func TestWebInterfaceIsKeptWithoutNPM(t *testing.T) {
	s, _ := supplyWith(t, workingNPM)
	pages, err := s.webPages()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.webFiles(t.Context(), pages); err != nil {
		t.Fatal(err)
	}
	s.Run.Env = []string{"PATH=" + t.TempDir()}
	again, err := s.webPages()
	if err != nil {
		t.Fatal(err)
	}
	if again.key() != pages.ui.Key {
		t.Errorf("the key is %s, want %s", again.key(), pages.ui.Key)
	}
}

// The interface is built again if, and only if, its inputs change.
func TestWebInterfaceHasItsToolsInItsKey(t *testing.T) {
	s, _ := supplyWith(t, "")
	key := func() string {
		t.Helper()
		spec, err := s.prometheusUI()
		if err != nil {
			t.Fatal(err)
		}
		return spec.Key
	}
	before := key()
	s.recipes, s.toolchain = "another", "another"
	writeAll(t, s.Root, 0o644, map[string]string{standInPage: "another"})
	if key() != before {
		t.Error("a change that is not an input changes the key")
	}
	writeAll(t, s.Root, 0o644, map[string]string{"kind/tools/prometheus-ui/package-lock.json": "{}"})
	if key() == before {
		t.Error("another version of the tools does not change the key")
	}
}

// The page of this checkout queries with the rate window of this checkout.
func TestStandInHasTheRateWindow(t *testing.T) {
	s := &Supply{Root: "../../.."}
	page, err := s.standIn()
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`rate\(heavywork_requests_total\[[0-9.]+s\]\)`).MatchString(page) || strings.Contains(page, windowMark) {
		t.Error("the page has no query with a rate window")
	}
}

func TestDefaultNumber(t *testing.T) {
	for name, tt := range map[string]struct{ text, want, failure string }{
		"a number":       {"variable \"a\" {\n  default = 1\n}\nvariable \"b\" {\n  type    = number\n  default = 2.5\n}\n", "2.5", ""},
		"no default":     {"variable \"b\" {}\n", "", `no variable "b" with a default`},
		"no number":      {"variable \"b\" {\n  default = \"5s\"\n}\n", "", "a number is required"},
		"another":        {"locals {\n  default = 2\n}\n", "", `no variable "b"`},
		"not a language": {"variable {", "", "reading the default of b"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "variables.tf")
			if err := os.WriteFile(path, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			got, err := defaultNumber(path, "b")
			if got != tt.want || (err == nil) != (tt.failure == "") || err != nil && !strings.Contains(err.Error(), tt.failure) {
				t.Errorf("got %q and %v, want %q and %q", got, err, tt.want, tt.failure)
			}
		})
	}
}
