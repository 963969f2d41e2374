// SPDX-License-Identifier: Apache-2.0

package job

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
	"gopkg.in/yaml.v3"
)

const (
	root     = "../../../.."
	workflow = root + "/.github/workflows/ci.yml"
)

// jobs are all that create a cluster, with a value for each matrix.
var jobs = map[string]map[string]string{
	"kind": {"charts": "bundled"}, "charts": nil, "kubernetes": {"kubernetes": "1.35.8"}, "terraform": {"terraform": "1.9.8"}, "opentofu": nil,
}

func TestTheProjectsJobsCanRunHere(t *testing.T) {
	if _, err := Load(workflow, "platforms", nil); err != nil {
		t.Error(err)
	}
	for name, matrix := range jobs {
		if _, err := Load(workflow, name, matrix); err != nil {
			t.Error(err)
		}
	}
}

// upload-artifact leaves out hidden files, and what is in a hidden folder.
func TestLogsOfAFailureAreUploaded(t *testing.T) {
	for name, matrix := range jobs {
		j, err := Load(workflow, name, matrix)
		if err != nil {
			t.Fatal(err)
		}
		last := j.steps[len(j.steps)-1]
		if !strings.HasPrefix(last.Uses, "actions/upload-artifact@") || !strings.HasSuffix(last.With["path"], "/.logs") || last.With["include-hidden-files"] != "true" {
			t.Errorf("job %s ends with %+v, which does not upload the hidden folder of the logs", name, last)
		}
		if holds, err := due(last.If, true); err != nil || !holds {
			t.Errorf("job %s uploads logs if: %s, which does not hold after a failure (%v)", name, last.If, err)
		}
	}
}

// A tag can be moved to another commit, a commit cannot be changed.
func TestActionsArePinnedByCommit(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(workflow), "*.yml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("found the workflows %q: %v", files, err)
	}
	pinned := regexp.MustCompile(`^uses: ([\w/-]+@[0-9a-f]{40}) # (v\d+\.\d+\.\d+)$`)
	versions := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`uses:.*`).FindAllString(string(text), -1) {
			match := pinned.FindStringSubmatch(line)
			if match == nil && line != "uses: ./.github/workflows/ci.yml" {
				t.Errorf("%q: pin the action by the commit's full hash, and put its version into a comment", line)
			}
			if match == nil {
				continue
			}
			action, _, _ := strings.Cut(match[1], "@")
			if before, ok := versions[action]; ok && before != match[1]+match[2] {
				t.Errorf("%q: elsewhere it is %s", line, before)
			}
			versions[action] = match[1] + match[2]
		}
	}
	if len(versions) == 0 {
		t.Error("no action was found")
	}
}

// A module that is not listed is never updated.
func TestEveryModuleIsKeptUpToDate(t *testing.T) {
	var config struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
		}
	}
	text, err := os.ReadFile(root + "/.github/dependabot.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	var modules []string
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "go.mod" {
			modules = append(modules, "/"+strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), root), "/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(modules)
	for _, update := range config.Updates {
		if update.Ecosystem == "gomod" && !slices.Equal(update.Directories, modules) {
			t.Errorf("dependabot.yml has the modules\n%q\nand the tree\n%q", update.Directories, modules)
		}
	}
}

// The workflow runs with GOTOOLCHAIN=local: a module that wants a newer Go than
// the one installed fails there, but not on a machine that may download one.
func TestTheWorkflowsGoBuildsEveryModule(t *testing.T) {
	read := func(path string) *modfile.File {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := modfile.Parse(path, data, nil)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	toolchain := read(filepath.Join(root, "go.mod")).Toolchain
	if toolchain == nil {
		t.Fatal("go.mod has no toolchain line: setup-go would install the oldest Go that the project supports")
	}
	installed := "v" + strings.TrimPrefix(toolchain.Name, "go")
	modules := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "go.mod" {
			return err
		}
		modules++
		wanted := read(path).Go.Version
		if semver.Compare("v"+wanted, installed) > 0 {
			t.Errorf("%s wants Go %s, and the toolchain line of go.mod installs %s: raise it", path, wanted, toolchain.Name)
		}
		return nil
	})
	if err != nil || modules < 2 {
		t.Errorf("found %d modules: %v", modules, err)
	}
}
