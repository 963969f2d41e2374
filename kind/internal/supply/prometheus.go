// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/image"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// uiTools is the folder below kind/tools that pins what builds the web
// interface.
const uiTools = "prometheus-ui"

// uiFolder is where the web interface lies, in the artefact and below the
// folder that Prometheus serves.
const uiFolder = "mantine-ui"

// uiSteps are run in a folder that has the tools' package.json and, in ui, the
// sources. Both lock files are taken as they are, and no package runs a script
// when it is installed. A registry that does not answer costs seconds, because
// every make up asks it again.
var uiSteps = []struct {
	dir  string
	name string
	args []string
}{
	{"", "npm", []string{"ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000"}},
	{"ui", "pnpm", []string{"install", "--frozen-lockfile", "--ignore-scripts"}},
	{"ui", "bash", []string{"build_ui.sh", "--" + uiFolder}},
}

// uiEdits take one library, which shows configuration files, in the version
// before: the registry did not have the locked one.
var uiEdits = []edit{
	{pins.PrometheusModule, "mantine-ui/package.json", `"@mantine/code-highlight": "^9.7.2"`, `"@mantine/code-highlight": "9.6.2"`},
	{pins.PrometheusModule, "pnpm-lock.yaml", "'@mantine/code-highlight':\n        specifier: ^9.7.2\n        version: 9.7.2(", "'@mantine/code-highlight':\n        specifier: 9.6.2\n        version: 9.6.2("},
	{pins.PrometheusModule, "pnpm-lock.yaml", "'@mantine/code-highlight@9.7.2':\n    resolution: {integrity: sha512-Vf1CGJw8QOT+roLOapSMnh/x4cdH/Qmd1kXLgkggbYuSIs5Io/6th5AbW7hFd1PXyBeZjvDos/rO+Ae85Aw6NQ==}",
		"'@mantine/code-highlight@9.6.2':\n    resolution: {integrity: sha512-lEtpNTvLeKB0UKn/f6iH8NKwUtn++Otfg0KCTsIf9ThpSAwkexBTxuo5mDr4UwljalHRIAmFi9otdQ82l6ecYA==}"},
	{pins.PrometheusModule, "pnpm-lock.yaml", "'@mantine/code-highlight@9.7.2(", "'@mantine/code-highlight@9.6.2("},
}

// prometheusUI returns Prometheus' own web interface. Its Go module holds the
// sources.
func (s *Supply) prometheusUI() (artefact.Spec, error) {
	tools, err := artefact.Tree(s.Root, nil, "kind/tools/"+uiTools)
	if err != nil {
		return artefact.Spec{}, err
	}
	key := artefact.Key(s.Pins.Module(pins.PrometheusModule), tools, fmt.Sprint(uiSteps), fmt.Sprint(uiEdits))
	return artefact.Spec{Name: "prometheus-ui", Key: key, Build: func(ctx context.Context, dir string) error {
		sources, err := gobuild.ModuleDir(ctx, s.goTools(), s.groupDir("cluster"), pins.PrometheusModule)
		if err != nil {
			return err
		}
		scratch, err := s.workspace(uiTools)
		if err != nil {
			return err
		}
		defer os.RemoveAll(scratch)
		if err := copyTree(filepath.Join(scratch, "ui"), filepath.Join(sources, "web", "ui")); err != nil {
			return err
		}
		for _, e := range uiEdits {
			if err := e.apply(filepath.Join(scratch, "ui")); err != nil {
				return err
			}
		}
		// What npm and pnpm keep goes with the rest.
		run := s.Run.With(
			"PATH="+filepath.Join(scratch, "node_modules", ".bin")+":"+s.Run.Getenv("PATH"), "npm_config_cache="+filepath.Join(scratch, "npm"),
			"XDG_CACHE_HOME="+filepath.Join(scratch, "cache"), "XDG_DATA_HOME="+filepath.Join(scratch, "data"), "XDG_STATE_HOME="+filepath.Join(scratch, "state"),
		)
		for _, step := range uiSteps {
			if err := run.In(filepath.Join(scratch, step.dir)).Run(ctx, step.name, step.args...); err != nil {
				return err
			}
		}
		if err := os.Rename(filepath.Join(scratch, "ui", "static", uiFolder), filepath.Join(dir, uiFolder)); err != nil {
			return fmt.Errorf("taking the web interface of Prometheus: %w", err)
		}
		return nil
	}}, nil
}

// webPages are what Prometheus may serve to browsers.
type webPages struct {
	ui      artefact.Spec // its own interface
	standIn string        // the page for where that cannot be built
	npm     bool          // whether the interface is there, or can be built
}

func (s *Supply) webPages() (w webPages, err error) {
	if w.ui, err = s.prometheusUI(); err != nil {
		return w, err
	}
	w.npm = s.Store.Has(w.ui) || s.Run.Has("npm")
	w.standIn, err = s.standIn()
	return w, err
}

// key is that of what will be served if all goes well.
func (w webPages) key() string {
	if w.npm {
		return w.ui.Key
	}
	return artefact.Key(w.standIn)
}

// webFiles returns the files that Prometheus serves, by the paths they have
// below the folder it serves them from, and the key of what they are made from.
// A page is not worth an environment: whatever keeps the interface from being
// built is said, and the stand-in has another key, so the next run tries again.
func (s *Supply) webFiles(ctx context.Context, w webPages) (files []image.File, key string, err error) {
	standIn := []image.File{{Path: "/" + uiFolder + "/index.html", Content: w.standIn, Mode: 0o644}}
	if !w.npm {
		s.Say("there is no npm here: Prometheus shows a small page of this project instead of its own interface")
		return standIn, artefact.Key(w.standIn), nil
	}
	dir, err := s.Store.Ensure(ctx, w.ui)
	if ctx.Err() != nil {
		return nil, "", err
	}
	if err != nil {
		reason, _, _ := strings.Cut(err.Error(), "\n")
		s.Say("Prometheus shows a small page of this project, because its own interface could not be built: %s (npm ping tells whether the registry answers, up.log has the rest; the next make up tries again)", reason)
		return standIn, artefact.Key(w.standIn), nil
	}
	err = filepath.WalkDir(filepath.Join(dir, uiFolder), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		files = append(files, image.File{Path: "/" + relative, Source: path, Mode: 0o644})
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("reading the web interface of Prometheus: %w", err)
	}
	return files, w.ui.Key, nil
}
