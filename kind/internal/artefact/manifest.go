// SPDX-License-Identifier: Apache-2.0

package artefact

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// manifestName is written last: its presence says that the build finished.
const manifestName = "manifest.json"

// manifest lists what an artefact holds, by path below its folder.
type manifest struct {
	Files map[string]string `json:"files"` // SHA-256 of a file, or "link:" and the target
}

func writeManifest(dir string) error {
	found, err := scan(dir)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(manifest{Files: found}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the manifest of %s: %w", dir, err)
	}
	temporary := filepath.Join(dir, manifestName+".tmp")
	if err := os.WriteFile(temporary, data, 0o644); err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", dir, err)
	}
	if err := os.Rename(temporary, filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("writing the manifest of %s: %w", dir, err)
	}
	return nil
}

// verify compares an artefact with its manifest. Its error wraps
// fs.ErrNotExist when there is no finished artefact at all.
func verify(dir string) error {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return fmt.Errorf("reading the manifest of %s: %w", dir, err)
	}
	var want manifest
	if err := json.Unmarshal(data, &want); err != nil {
		return fmt.Errorf("manifest of %s is damaged: %v", dir, err)
	}
	got, err := scan(dir)
	if err != nil {
		// Deliberately not wrapped: a file that vanished is damage, not absence.
		return fmt.Errorf("artefact %s is damaged: %v", dir, err)
	}
	if len(got) != len(want.Files) {
		return fmt.Errorf("artefact %s holds %d files, its manifest lists %d", dir, len(got), len(want.Files))
	}
	for path, sum := range want.Files {
		if got[path] != sum {
			return fmt.Errorf("artefact %s: %s differs from what was built", dir, path)
		}
	}
	return nil
}

func scan(dir string) (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == filepath.Join(dir, manifestName) {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			found[relative] = "link:" + target
			return err
		}
		found[relative], err = fileSum(path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading artefact %s: %w", dir, err)
	}
	return found, nil
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
