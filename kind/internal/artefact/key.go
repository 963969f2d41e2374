// SPDX-License-Identifier: Apache-2.0

package artefact

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// keyLength is how many hexadecimal digits of the SHA-256 name an artefact: enough to
// avoid collisions, few enough to read.
const keyLength = 16

// Key returns a digest of the inputs of an artefact. Order matters; ("ab", "c") and
// ("a", "bc") differ.
func Key(inputs ...string) string {
	hash := sha256.New()
	for _, input := range inputs {
		fmt.Fprintf(hash, "%d:%s\n", len(input), input)
	}
	return hex.EncodeToString(hash.Sum(nil))[:keyLength]
}

// Tree returns a digest of the regular files below the given paths: their names
// relative to root, whether they are executable, and their content. It leaves out
// files for which skip, which may be nil, returns true.
func Tree(root string, skip func(relative string) bool, paths ...string) (string, error) {
	var parts []string
	for _, top := range paths {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			relative, err := filepath.Rel(root, path)
			if err != nil || (skip != nil && skip(relative)) {
				return err
			}
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			sum, err := fileSum(path)
			parts = append(parts, relative, fmt.Sprint(info.Mode()&0o100 != 0), sum)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("reading %s: %w", top, err)
		}
	}
	return Key(parts...), nil
}
