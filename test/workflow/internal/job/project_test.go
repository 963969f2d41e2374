// SPDX-License-Identifier: Apache-2.0

package job

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

const (
	root     = "../../../.."
	workflow = root + "/.github/workflows/ci.yml"
)

func TestTheProjectsJobsCanRunHere(t *testing.T) {
	for name, matrix := range map[string]map[string]string{"kind": {"charts": "upstream"}, "charts": nil} {
		if _, err := Load(workflow, name, matrix); err != nil {
			t.Error(err)
		}
	}
}

// upload-artifact leaves out hidden files, and what is in a hidden folder.
func TestLogsOfAFailureAreUploaded(t *testing.T) {
	for name, matrix := range map[string]map[string]string{"kind": {"charts": "bundled"}, "charts": nil} {
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
	text, err := os.ReadFile(workflow)
	if err != nil {
		t.Fatal(err)
	}
	uses := regexp.MustCompile(`uses:.*`).FindAllString(string(text), -1)
	pinned := regexp.MustCompile(`^uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, line := range uses {
		if !pinned.MatchString(line) {
			t.Errorf("%q: pin the action by the commit's full hash, and put its version into a comment", line)
		}
	}
	if len(uses) == 0 {
		t.Error("no action was found")
	}
}

// The workflow runs with GOTOOLCHAIN=local: a module that wants a newer Go than
// the one installed fails there, and not on a machine that may download one.
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
		t.Fatal("go.mod has no toolchain line: setup-go would install the oldest Go that the project can do with")
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
